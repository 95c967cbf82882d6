"""NFSK8S-RECOVERY-013"""

from collections.abc import Iterator

import pytest

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.faults.ledger import Ledger
from fixtures.faults.schedule import Schedule
from fixtures.faults.trial import Faults, go_through, shortest_failing, to_run_again
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Proof, Writing

_COMMAND = "pytest suites/recovery/test_random_faults_lose_nothing.py --nfs-versions"


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-RECOVERY-013",
    level=SHOULD,
    cites=["RFC 1813 section 4.8", "RFC 8881 section 8.4.2", "marmos91/dittofs#1964"],
    since="0.2",
    asks=["no_root_squash", "kill", "restart", "own-clients"],
    needs=["power-cut", "fault-injection"],
    each_version=False,
)
def test_random_faults_lose_nothing(
    *,
    export: Exporter,
    nfs_version: str,
    writing: Writing,
    faults: Faults,
    schedules: Iterator[Schedule],
    all_there: Proof,
    evidence: Evidence,
) -> None:
    """Power cuts, restarts, kills, partitions and poor networks, whichever come and when, lose nothing acknowledged.

    They are drawn by lot from a seed that the run records, and strike while a client makes and syncs change after
    change. Observed on the client: no error, and the longest pause. Observed on the server's disk and by another
    client: every acknowledged change. A schedule that loses something is run again with fewer and shorter faults, and
    the shortest that still does is named.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")

    def run(schedule: Schedule, folder: str) -> Ledger:
        with evidence.step(f"{folder}: {schedule}"):
            ledger = go_through(schedule, faults, writing(shared, folder=folder))
            all_there(shared, ledger, folder)
        return ledger

    pauses = []
    for number, schedule in enumerate(schedules, start=1):
        try:
            pauses.append(run(schedule, f"schedule-{number}").longest_pause)
        except AssertionError as loss:
            shortest, tries = shortest_failing(schedule, run)
            told = (
                f"{shortest}\nis the shortest schedule that failed, of this one and {tries} that were tried after it",
                f"run it again, with this run's other options: {_COMMAND} {nfs_version} {to_run_again(shortest)}",
                f"the first one: {_COMMAND} {nfs_version} {to_run_again(schedule)}",
                f"{schedule}\n{loss}",
            )
            what = "nothing acknowledged is lost, whatever faults come"
            evidence.expect(False, what, expected="every change there, no error", seen="\n".join(told))
    evidence.measure("longest pause of a writer", max(pauses), "s")
