"""NFSK8S-WORKLOAD-012"""

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.kube.client import Document
from fixtures.scenario.pods import NodeMount
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised
from fixtures.workloads.databases import SQLITE_FILE, Databases

ROWS = ["1|ink", "2|paper"]
LATER = ["3|glue", "4|tape"]
_TABLE = "CREATE TABLE goods (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO goods VALUES (1, 'ink'), (2, 'paper')"
_READ = "SELECT CONCAT(id, '|', name) FROM goods ORDER BY id"
WRITE = {
    "postgresql": (_TABLE,),
    "mariadb": (_TABLE,),
    "redis": ("RPUSH", "goods", *ROWS),
    "sqlite": (_TABLE,),
}
READ = {"postgresql": (_READ,), "mariadb": (_READ,), "redis": ("LRANGE", "goods", "0", "-1"), "sqlite": (_READ,)}
# The shell of one connection starts another in a process of its own, which does not wait for locks.
_OTHER = f".system sqlite3 {SQLITE_FILE} \"INSERT INTO goods VALUES (4, 'tape')\" 2>&1"
LOCKED = "database is locked (5)"
_FILES = ("postgresql/pgdata/PG_VERSION", "mariadb/test/goods.ibd", "redis/appendonlydir", "sqlite/shop.db")
_STRANGERS = "find . -mindepth 1 ! '(' -user 999 -group 999 ')' | head"
_CHECK = """python3 -c '
import sqlite3
shop = sqlite3.connect("file:sqlite/shop.db?mode=ro&immutable=1", uri=True)
print(*shop.execute("PRAGMA integrity_check").fetchone())
for row in shop.execute("SELECT * FROM goods ORDER BY id"):
    print(*row, sep="|")'"""


@requirement(
    "NFSK8S-WORKLOAD-012",
    level=SHOULD,
    cites=[
        "kubernetes/kubernetes#54601",
        "bitnami/charts#33703",
        "MariaDB/mariadb-docker#153",
        "https://www.sqlite.org/lockingv3.html",
    ],
    since="0.2",
    asks=["root_squash"],
    each_version=False,
)
def test_databases_keep_their_data(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    databases: Databases,
    node_mount: NodeMount,
    evidence: Evidence,
) -> None:
    """PostgreSQL, MariaDB, SQLite and Redis with an append-only file start, write and keep their data when their pod is
    replaced.

    All of them run as uid 999 under root_squash, in directories of that user. Observed in the cluster, through each
    database's own client: the rows that were written, also from the pod's successor; a second connection of SQLite is
    refused while the first holds the lock, and not afterwards. Observed on the server: the files of each database, all
    of them that user's; SQLite's is sound and holds its rows, and Redis's append-only file its.
    """
    given = claimed("rw,sync,no_subtree_check,root_squash")
    shared, volume = given.directory, given.volume
    files = nfs_server.files(shared)
    for name in WRITE:
        files.mkdir(name, uid=999, gid=999, mode=0o700)
    with evidence.step("start the databases"), promised("every database initialises its directory and starts"):
        databases.deploy()
        first = databases.wait_ready()
    _expect_no_restarts(first, evidence)

    with evidence.step("write rows"):
        for name, what in WRITE.items():
            databases.ask(name, *what)
    with evidence.step("lock SQLite's file, write from another connection meanwhile and afterwards"):
        said = databases.ask(
            "sqlite", "BEGIN EXCLUSIVE", "INSERT INTO goods VALUES (3, 'glue')", _OTHER, "COMMIT", _OTHER
        )
    evidence.attach("sqlite-lock.txt", "\n".join(said))
    refused = [line for line in said if LOCKED in line]
    evidence.expect(len(refused) == 1, "the other connection is refused once", expected=LOCKED, seen=said)

    evidence.attach("server-side.txt", "\n".join(map(str, files.tree())))
    for path in _FILES:
        found = files.stat(path)
        evidence.expect(found.owner == "999:999", f"{path} is on the server", expected="999:999", seen=found)
    strangers = files.shell(_STRANGERS)
    evidence.expect(strangers == "", "every file is that user's", expected="", seen=strangers)
    sound = files.shell(_CHECK).splitlines()
    evidence.expect(sound == ["ok", *ROWS, *LATER], "SQLite's file", expected=["ok", *ROWS, *LATER], seen=sound)
    log = files.shell("cat redis/appendonlydir/*.incr.aof")
    evidence.expect(all(row in log for row in ROWS), "Redis's append-only file", expected=ROWS, seen=log)

    with evidence.step("replace the pod"), promised("every database starts again"):
        second = databases.replace()
    uids = (first["metadata"]["uid"], second["metadata"]["uid"])
    evidence.expect(uids[0] != uids[1], "it is another pod", expected=f"not {uids[0]}", seen=uids[1])
    _expect_no_restarts(second, evidence)
    node_mount(second, volume)
    for name, what in READ.items():
        wanted = [*ROWS, *LATER] if name == "sqlite" else ROWS
        rows = databases.ask(name, *what)
        evidence.expect(rows == wanted, f"the rows of {name} are there", expected=wanted, seen=rows)


def _expect_no_restarts(pod: Document, evidence: Evidence) -> None:
    restarts = {status["name"]: status["restartCount"] for status in pod["status"]["containerStatuses"]}
    evidence.expect(not any(restarts.values()), "every container started once", expected=0, seen=restarts)
