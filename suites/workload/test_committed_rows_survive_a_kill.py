"""NFSK8S-WORKLOAD-008"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.cluster import Killer
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised
from fixtures.workloads.mysql import MySql
from fixtures.workloads.mysql_ledger import COMMIT, MAKE_LEDGER, ledger_rows

SIGKILLED = 137


@requirement(
    "NFSK8S-WORKLOAD-008",
    level=MUST,
    cites=["https://dev.mysql.com/doc/refman/en/innodb-recovery.html", "fsync(2)"],
    since="0.2",
    asks=["no_root_squash", "privileged-pods"],
)
def test_committed_rows_survive_a_kill(
    *, claimed: Claimer, nfs_server: NfsServer, mysql: MySql, kill: Killer, evidence: Evidence
) -> None:
    """After SIGKILL of mysqld every committed row is there.

    The ledger of what was acknowledged is kept outside the cluster. Observed in the cluster: the container was ended by
    signal 9 while rows were committed, the same pod serves again, and holds every row of the ledger and at most the
    one more that was under way. Observed on the server: the table's file.
    """
    shared = claimed("rw,sync,no_subtree_check,no_root_squash").directory
    with evidence.step("deploy MySQL"):
        mysql.deploy(data=nfs_server.files(shared))
        pod = mysql.wait_ready()
        mysql.query(*MAKE_LEDGER)

    with evidence.step("commit row after row, kill mysqld meanwhile"):
        committed = mysql.commit_until_lost(COMMIT, after=50, then=lambda: kill(pod, "mysqld"))
    evidence.attach("ledger.txt", f"{committed} rows were acknowledged")
    evidence.expect(committed > 50, "rows were committed until the end", expected="> 50", seen=committed)

    with evidence.step("wait for its restart"), promised("MySQL recovers and serves again"):
        mysql.wait_restarted(pod)
        found = ledger_rows(mysql)
    status = pod.require()["status"]["containerStatuses"][0]
    code = status["lastState"]["terminated"]["exitCode"]
    evidence.expect(code == SIGKILLED, "mysqld was ended by SIGKILL", expected=SIGKILLED, seen=status["lastState"])
    acknowledged = set(range(committed))
    missing = sorted(acknowledged - found)
    evidence.expect(missing == [], "every committed row is there", expected="no row missing", seen=missing)
    more = sorted(found - acknowledged)
    evidence.expect(
        more in ([], [committed]), "and nothing that was never sent", expected=f"none or {committed}", seen=more
    )
    size = nfs_server.files(shared).stat("myshop/ledger.ibd").size
    evidence.expect(size > 0, "the table is on the server", expected="> 0 bytes", seen=size)
