"""NFSK8S-WORKLOAD-006"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.cluster_use import Drain
from fixtures.kube.space import Space
from fixtures.scenario import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting import promised
from fixtures.workloads.mysql import MySql

ROWS = [(1, "ink"), (2, "paper")]
_ARRANGE = (
    "CREATE DATABASE myshop",
    "CREATE TABLE myshop.goods (id INT PRIMARY KEY, name VARCHAR(40))",
    "INSERT INTO myshop.goods VALUES " + ", ".join(map(str, ROWS)),
)
# A control plane takes ordinary pods only when they tolerate its taint; that of a drained node is another one.
_TAINT = {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"}
ANYWHERE = {"spec": {"template": {"spec": {"tolerations": [_TAINT]}}}}


@requirement(
    "NFSK8S-WORKLOAD-006",
    level=MUST,
    cites=["https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/"],
    since="0.2",
    needs=["two-nodes"],
)
def test_mysql_moves_to_another_node(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    space: Space,
    mysql: MySql,
    drain: Drain,
    evidence: Evidence,
) -> None:
    """When its node is drained, MySQL moves to another node and finds its rows there.

    Observed in the cluster: an evicted pod, its successor on another node, the rows read through the service. Observed
    on the server: the new node's MySQL writes into the same files.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    volume, _ = space.bound_volume(shared.path)
    with evidence.step("deploy MySQL, write rows"):
        mysql.deploy(ANYWHERE)
        first = mysql.wait_ready()
        mysql.query(*_ARRANGE)
    before = first.require()["spec"]["nodeName"]

    with evidence.step(f"drain node {before}"), promised("MySQL becomes Ready on another node"):
        drain(first)
        second = mysql.wait_ready()
    after = second.require()["spec"]["nodeName"]
    evidence.attach("nodes.txt", f"{before} -> {after}\n{mysql.mount(volume)}")
    evidence.expect(after != before, "MySQL is on another node", expected=f"not {before}", seen=after)
    rows = mysql.query("SELECT id, name FROM myshop.goods ORDER BY id")
    evidence.expect(rows == ROWS, "its rows moved with it", expected=ROWS, seen=rows)

    mysql.query("CREATE TABLE myshop.later (id INT PRIMARY KEY)")
    for path in ("myshop/goods.ibd", "myshop/later.ibd"):
        found = nfs_server.files(shared).stat(path)
        evidence.expect(found.owner == "999:999", f"{path} is on the server", expected="999:999", seen=found)
