"""NFSK8S-WORKLOAD-007"""

import re

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.pod import is_ready, restart_count
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised
from fixtures.workloads.mysql import MySql

# EAGAIN: somebody else has the lock.
LOCKED = re.compile(r"Unable to lock \./ibdata1,? error: 11")
_ARRANGE = (
    "CREATE DATABASE myshop",
    "CREATE TABLE myshop.goods (id INT PRIMARY KEY)",
    "INSERT INTO myshop.goods VALUES (1), (2)",
)


@requirement(
    "NFSK8S-WORKLOAD-007",
    level=MUST,
    cites=["https://dev.mysql.com/doc/refman/en/innodb-parameters.html", "sclorg/mysql-container#182"],
    since="0.2",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_second_mysql_refuses_to_start(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    mysql: MySql,
    two_nodes: tuple[str, str],
    evidence: Evidence,
) -> None:
    """A second mysqld on the same data directory refuses to start because of the lock, and the data stays intact.

    InnoDB asks for the lock a hundred times before it gives up; the first refusal is waited for. Observed in the
    cluster: on another node than the first the second server logs that it may not lock ibdata1 and does not serve; the
    first goes on, and InnoDB finds its table healthy. Observed on the server: the table is still MySQL's.
    """
    shared = claimed("rw,sync,no_subtree_check,no_root_squash").directory
    with evidence.step("deploy MySQL, write rows"):
        mysql.deploy(data=nfs_server.files(shared))
        first = mysql.wait_ready()
        mysql.query(*_ARRANGE)
    used = first.require()["spec"]["nodeName"]
    other = next(node for node in two_nodes if node != used)

    with evidence.step(f"start a second MySQL on {other}"), promised("the second MySQL is refused the lock"):
        second = mysql.deploy_second(other)
        eventually(
            lambda: LOCKED.search(second.logs()) or second.exit_code() is not None or is_ready(second.require()),
            what="the second MySQL to be refused, to end, or to serve",
            within=PATIENCE.database,
        )
    log = second.logs()
    evidence.attach("second-mysql.log", log)
    line = LOCKED.search(log)
    evidence.expect(line is not None, "the lock is what stops it", expected=LOCKED.pattern, seen=log[-2000:])

    rows = mysql.query("INSERT INTO myshop.goods VALUES (3)", "SELECT id FROM myshop.goods ORDER BY id")
    evidence.expect(rows == [(1,), (2,), (3,)], "the first goes on", expected=[(1,), (2,), (3,)], seen=rows)
    ((_, _, _, state),) = mysql.query("CHECK TABLE myshop.goods EXTENDED")
    evidence.expect(state == "OK", "the table is intact", expected="OK", seen=state)
    serving = is_ready(second.require())
    evidence.expect(not serving, "the second does not serve", expected=False, seen=serving)
    restarts = restart_count(first.require())
    evidence.expect(restarts == 0, "the first was not restarted", expected=0, seen=restarts)
    found = nfs_server.files(shared).stat("myshop/goods.ibd")
    evidence.expect(found.owner == "999:999", "the table is MySQL's on the server", expected="999:999", seen=found)
