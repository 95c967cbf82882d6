"""NFSK8S-WORKLOAD-014"""

from contextlib import ExitStack

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.placement import ALSO_ON_CONTROL_PLANES
from fixtures.scenario.cluster import Cordon, Killer, NodeOutage
from fixtures.scenario.pods import Mounts
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised
from fixtures.workloads.mysql import MySql
from fixtures.workloads.mysql_ledger import COMMIT, MAKE_LEDGER, ledger_rows

COMMITS = 50
_SILENCE = 10  # seconds: a connection that says nothing for so long is given up
_ARRANGE = (
    *MAKE_LEDGER,
    # Whoever runs MySQL writes every second, also the one that is lost and does not know it.
    "CREATE TABLE myshop.clock (id INT PRIMARY KEY AUTO_INCREMENT, host VARCHAR(80))",
    "CREATE EVENT myshop.tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO myshop.clock (host) VALUES (@@hostname)",
)


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-WORKLOAD-014",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/",
        "RFC 8881 section 8.4.3",
        "https://dev.mysql.com/doc/refman/en/innodb-recovery.html",
    ],
    since="0.3",
    asks=["no_root_squash", "cordon", "own-nodes", "privileged-pods"],
    versions=["4.0", "4.1", "4.2"],
    needs=["two-nodes", "fault-injection"],
    each_version=False,
)
def test_mysql_is_taken_over_from_a_lost_node(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    mysql: MySql,
    two_nodes: tuple[str, str],
    cordon: Cordon,
    node_outage: NodeOutage,
    kill: Killer,
    mounts: Mounts,
    evidence: Evidence,
) -> None:
    """A database whose node is lost without a word goes on elsewhere with every committed row.

    The node falls silent while rows are committed; its pod is deleted by force, as an operator does who knows that it
    is lost, and the node comes back when another has taken over. The ledger of what was acknowledged is kept outside
    the cluster. Observed in the cluster: the successor on the other node, every row of the ledger, also after mysqld is
    killed, and healthy tables when the node is back. Observed on the node: the lost pod's volume is unmounted when it
    is back. Observed on the server: the table's file.

    What the lost node still had to write it cannot write where it had a lock (NFSK8S-LOCK-008). InnoDB locks its
    tables, but its redo log not all the time, and no server can know. So mysqld, which reads that log again when it was
    killed, is killed while the node is away; an operator switches a lost node off before it may come back.
    """
    safe, lost = two_nodes
    given = claimed("rw,sync,no_subtree_check,no_root_squash")
    with evidence.step(f"deploy MySQL on {lost}"), cordon(safe):
        mysql.deploy(ALSO_ON_CONTROL_PLANES, data=nfs_server.files(given.directory))
        first = mysql.wait_ready()
    mysql.query(*_ARRANGE)
    before = first.require()
    with ExitStack() as outage:
        with evidence.step(f"commit row after row, lose {lost} meanwhile"):
            committed = mysql.commit_until_lost(
                COMMIT, after=COMMITS, then=lambda: outage.enter_context(node_outage(lost)), silence=_SILENCE
            )
        evidence.attach("ledger.txt", f"{committed} rows were acknowledged")
        with evidence.step("delete its pod by force"), cordon(lost):
            first.delete(grace=0)
            with promised("MySQL serves on another node when its own is lost"):
                second = mysql.wait_ready()
        _expect_rows(evidence, mysql, committed, "every committed row is there")
        mysql.query("CREATE TABLE myshop.later (id INT PRIMARY KEY)")
        # Not in order: InnoDB has to go through its log again.
        with evidence.step("kill mysqld"), promised("MySQL recovers and serves again"):
            kill(second, "mysqld")
            mysql.wait_restarted(second)
        _expect_rows(evidence, mysql, committed, "they are on the disk")
    after = second.require()["spec"]["nodeName"]
    evidence.expect(after == safe, "MySQL is on the other node", expected=safe, seen=after)

    with evidence.step(f"{lost} is back"), promised("a node that comes back unmounts the volume of its lost pod"):
        eventually(
            lambda: mounts(before, given.volume),
            until=lambda lines: not lines,
            what=f"{lost} to unmount the volume",
            within=PATIENCE.gone,
        )
    for table in ("ledger", "clock", "later"):
        ((_, _, _, state),) = mysql.query(f"CHECK TABLE myshop.{table} EXTENDED")
        evidence.expect(state == "OK", f"the table {table} is intact", expected="OK", seen=state)
    found = nfs_server.files(given.directory).stat("myshop/later.ibd")
    evidence.expect(found.owner == "999:999", "the successor's table is on the server", expected="999:999", seen=found)


def _expect_rows(evidence: Evidence, mysql: MySql, committed: int, what: str) -> None:
    missing = sorted(set(range(committed)) - ledger_rows(mysql))
    evidence.expect(missing == [], what, expected="no row missing", seen=missing)
