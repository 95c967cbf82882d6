"""NFSK8S-WORKLOAD-013"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised
from fixtures.workloads.mysql import MySql

COUNT = 500
# What a dump has to quote: apostrophes, line ends, letters of several bytes, and values that are not there.
_ARRANGE = (
    "CREATE DATABASE myshop",
    "CREATE TABLE myshop.goods (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(8,2), note TEXT)",
    "INSERT INTO myshop.goods WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    f" WHERE i < {COUNT}) SELECT i, CONCAT('stämp ''', i, '''\\n'), i / 7, IF(i % 2, NULL, 'x\\\\') FROM n",
)
_ROWS = "SELECT * FROM myshop.goods ORDER BY id"


@requirement(
    "NFSK8S-WORKLOAD-013",
    level=MUST,
    cites=["https://dev.mysql.com/doc/refman/en/mysqldump.html"],
    since="0.2",
    asks=["no_root_squash"],
    each_version=False,
)
def test_dump_is_restored(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, mysql: MySql, evidence: Evidence
) -> None:
    """A database that is dumped, deleted and restored from its dump holds every row.

    The dump is made as mysqldump makes it, of CREATE and INSERT statements, and kept outside the cluster. Observed
    there: all rows, before and after. Observed on the server: nothing of the old database before the restore, the
    table's file of a newly initialised one after it.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    volume, claim = namespace.bound_volume(shared.path, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})
    with evidence.step("deploy MySQL, write rows, dump them"):
        mysql.deploy(data=files)
        mysql.wait_ready()
        rows = mysql.query(*_ARRANGE, _ROWS)
        dump = mysql.dump("myshop", "goods")
    evidence.attach("dump.sql", ";\n".join(dump))
    evidence.expect(len(rows) == COUNT, "the rows are there", expected=COUNT, seen=len(rows))
    before = files.stat("myshop/goods.ibd")
    evidence.expect(before.size > 0, "the table is on the server", expected="> 0 bytes", seen=before)

    with evidence.step("delete database and claim, empty the directory, give the volume back"):
        mysql.scale(0)
        namespace.delete_claim(claim)
        files.shell("find . -mindepth 1 -delete")
        namespace.forget_claim(volume)
        namespace.wait_volume(volume, "Available", PATIENCE.bind)
        namespace.create_claim()
        namespace.wait_bound(volume, claim)
    evidence.expect(files.count() == 0, "nothing is left on the server", expected=0, seen=files.count())

    with evidence.step("start MySQL anew, restore"), promised("MySQL starts anew on the emptied volume"):
        mysql.scale(1)
        databases = mysql.query("SHOW DATABASES LIKE 'myshop'")
        evidence.expect(databases == [], "the new MySQL knows nothing of the old", expected=[], seen=databases)
        restored = mysql.query(*dump, _ROWS)
    evidence.expect(restored == rows, "every row is restored", expected=f"{COUNT} rows", seen=restored[:5])
    after = files.stat("myshop/goods.ibd")
    evidence.expect(after.owner == "999:999", "the table is on the server again", expected="999:999", seen=after)
