"""NFSK8S-WORKLOAD-009"""

import pytest

from certify.declare import MUST, requirement
from certify.errors import Violation
from certify.evidence import Evidence
from fixtures.faults.power import StoragePower
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import Pod
from fixtures.scenario.cluster import Killer
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised
from fixtures.workloads.mysql import MySql
from fixtures.workloads.mysql_ledger import COMMIT, MAKE_LEDGER, ledger_rows

_OPTIONS = "rw,{mode},no_subtree_check,no_root_squash"
COMMITS = 50


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-WORKLOAD-009",
    level=MUST,
    cites=[
        "exports(5)",
        "https://dev.mysql.com/doc/refman/en/innodb-recovery.html",
        "openzfs/zfs#8474",
        "marmos91/dittofs#1964",
    ],
    since="0.2",
    asks=["export_options"],
    needs=["power-cut"],
    each_version=False,
)
def test_committed_rows_survive_power_cut(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    mysql: MySql,
    kill: Killer,
    power: StoragePower,
    declared_features: frozenset[str],
    evidence: Evidence,
) -> None:
    """Through a power cut of the server under commits no committed row is lost with `sync`, and the loss with `async`
    is detected.

    The ledger of what was acknowledged is kept outside the cluster. While the storage machine is off mysqld is killed,
    so that it cannot write again what only its memory holds. Observed in the cluster: MySQL recovers and holds every
    row of the ledger; with `async`, where the server offers it, rows are missing or it does not recover.
    """
    shared = export(_OPTIONS.format(mode="sync"))
    namespace.bound_volume(shared.path)
    mysql.deploy(data=nfs_server.files(shared))

    def lost_in_power_cut() -> list[int]:
        """The committed rows that MySQL has not got any more."""
        pod = mysql.wait_ready()
        mysql.query(*MAKE_LEDGER)
        committed = mysql.commit_until_lost(COMMIT, after=COMMITS, then=lambda: cut_and_kill(pod))
        evidence.attach("ledger.txt", f"{committed} rows were acknowledged")
        mysql.wait_restarted(pod)
        return sorted(set(range(committed)) - ledger_rows(mysql))

    def cut_and_kill(pod: Pod) -> None:
        with power.cut():
            kill(pod, "mysqld")

    with evidence.step("commit row after row on sync, cut the power"), promised("MySQL recovers after a power cut"):
        missing = lost_in_power_cut()
    evidence.expect(missing == [], "every committed row is there with sync", expected="no row missing", seen=missing)
    if "async-export" not in declared_features:
        return
    mysql.scale(0)
    nfs_server.set_options(shared, _OPTIONS.format(mode="async"))
    nfs_server.files(shared).shell("find . -mindepth 1 -delete")
    with evidence.step("the same on async"):
        mysql.scale(1)
        try:
            with promised("MySQL recovers after a power cut"):
                seen = f"{len(lost_in_power_cut())} rows are missing"
        except Violation as broken:
            seen = str(broken)
    evidence.attach("async.txt", seen)
    evidence.expect(not seen.startswith("0 "), "the loss with async is detected", expected="rows missing", seen=seen)
