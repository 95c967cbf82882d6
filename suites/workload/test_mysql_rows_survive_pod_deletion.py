"""NFSK8S-WORKLOAD-003"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised
from fixtures.workloads.mysql import MySql

ROWS = [(1, "ink"), (2, "paper"), (3, "stämp")]
_ARRANGE = (
    "CREATE DATABASE myshop",
    "CREATE TABLE myshop.goods (id INT PRIMARY KEY, name VARCHAR(40)) ENGINE=InnoDB",
    "INSERT INTO myshop.goods VALUES " + ", ".join(map(str, ROWS)),
)
_READ = "SELECT id, name FROM myshop.goods ORDER BY id"


@requirement(
    "NFSK8S-WORKLOAD-003",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment",
    ],
    since="0.1",
    asks=["no_root_squash"],
)
def test_mysql_rows_survive_pod_deletion(
    claimed: Claimer, nfs_server: NfsServer, mysql: MySql, evidence: Evidence
) -> None:
    """Rows outlive the pod that wrote them: through its deletion, a rollout, and a scale down to nothing and up again.

    Observed in the cluster: the same rows from every successor, each a pod of its own. Observed on the server, while
    no pod is left: the table's file and the system tablespace, owned by MySQL's user.
    """
    shared = claimed("rw,sync,no_subtree_check,no_root_squash").directory
    with evidence.step("deploy MySQL, write rows"):
        mysql.deploy(data=nfs_server.files(shared))
        first = mysql.wait_ready()
        mysql.query(*_ARRANGE)

    with evidence.step("delete the pod"), promised("a successor becomes Ready after the pod's deletion"):
        first.delete()
        second = mysql.wait_ready()
    evidence.expect(second.name != first.name, "another pod serves", expected="a new name", seen=second.name)
    rows = mysql.query(_READ)
    evidence.expect(rows == ROWS, "the rows survive the pod's deletion", expected=ROWS, seen=rows)

    with evidence.step("roll out a restart"), promised("a successor becomes Ready after a rollout"):
        mysql.restart()
    rows = mysql.query(_READ)
    evidence.expect(rows == ROWS, "the rows survive a rollout", expected=ROWS, seen=rows)

    with evidence.step("scale to 0"):
        mysql.scale(0)
    files = nfs_server.files(shared)
    evidence.attach("server-side.txt", "\n".join(map(str, files.tree(limit=300))))
    for path in ("ibdata1", "myshop/goods.ibd"):
        found = files.stat(path)
        good = found.owner == "999:999" and found.size > 0
        evidence.expect(good, f"{path} stays on the server", expected="owner 999:999, not empty", seen=found)

    with evidence.step("scale to 1"), promised("MySQL becomes Ready after scaling from 0 to 1"):
        mysql.scale(1)
    rows = mysql.query(_READ)
    evidence.expect(rows == ROWS, "the rows survive scaling to 0 and back", expected=ROWS, seen=rows)
