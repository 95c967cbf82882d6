"""NFSK8S-WORKLOAD-006"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.kube.placement import ALSO_ON_CONTROL_PLANES
from fixtures.scenario.cluster import Cordon
from fixtures.scenario.connections import NodeConnections
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised
from fixtures.workloads.mysql import MySql

ROWS = [(1, "ink"), (2, "paper")]
_ARRANGE = (
    "CREATE DATABASE myshop",
    "CREATE TABLE myshop.goods (id INT PRIMARY KEY, name VARCHAR(40))",
    "INSERT INTO myshop.goods VALUES " + ", ".join(map(str, ROWS)),
)


@requirement(
    "NFSK8S-WORKLOAD-006",
    level=MUST,
    cites=["https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/"],
    since="0.2",
    asks=["no_root_squash", "cordon"],
    needs=["two-nodes"],
)
def test_mysql_moves_to_another_node(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    namespace: Namespace,
    mysql: MySql,
    two_nodes: tuple[str, str],
    cordon: Cordon,
    connections: NodeConnections,
    evidence: Evidence,
) -> None:
    """When its node is drained, MySQL moves to another node and finds its rows there.

    The node is cordoned and MySQL's pod evicted, until its successor has a place; other pods of the node stay.
    Observed in the cluster: the successor on another node, the rows read through the service. Observed on the server:
    a connection from that node, whose MySQL writes into the same files. The connection is looked for on the node where
    the server does not see it.
    """
    given = claimed("rw,sync,no_subtree_check,no_root_squash")
    shared, volume = given.directory, given.volume
    files = nfs_server.files(shared)
    with evidence.step("deploy MySQL, write rows"):
        mysql.deploy(ALSO_ON_CONTROL_PLANES, data=files)
        first = mysql.wait_ready()
        mysql.query(*_ARRANGE)
    before = first.require()["spec"]["nodeName"]

    with evidence.step(f"drain node {before} of {', '.join(two_nodes)}"), promised("MySQL finds a place on another"):
        with cordon(before):
            namespace.kube.evict(first.name, namespace.name)
            eventually(
                lambda: [pod for pod in mysql.pods() if "nodeName" in pod["spec"]],
                what="a successor that has a node",
                within=PATIENCE.pod,
            )
        second = mysql.wait_ready()
    successor = second.require()
    after, address = successor["spec"]["nodeName"], successor["status"]["hostIP"]
    evidence.expect(after != before, "MySQL is on another node", expected=f"not {before}", seen=after)
    rows = mysql.query("SELECT id, name FROM myshop.goods ORDER BY id")
    evidence.expect(rows == ROWS, "its rows moved with it", expected=ROWS, seen=rows)
    evidence.attach("nodes.txt", f"{before} -> {after} ({address})\n{mysql.mount(volume)}")

    mysql.query("CREATE TABLE myshop.later (id INT PRIMARY KEY)")
    held = connections(successor)
    what = f"that node is the server's client, as {held.seen_by} sees it"
    evidence.expect(bool(held.lines), what, expected=f"a connection from {address}", seen=held.lines)
    for path in ("myshop/goods.ibd", "myshop/later.ibd"):
        found = files.stat(path)
        evidence.expect(found.owner == "999:999", f"{path} is on the server", expected="999:999", seen=found)
