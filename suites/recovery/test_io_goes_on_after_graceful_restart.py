"""NFSK8S-RECOVERY-001"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Proof, Writing
from fixtures.servers.server import Restartable

BEFORE, AFTER = 100, 100


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-RECOVERY-001",
    level=MUST,
    cites=["nfs(5)", "RFC 7530 section 9.6.2", "RFC 8881 section 8.4.2"],
    since="0.2",
    asks=["no_root_squash", "restart"],
    needs=["fault-injection"],
)
def test_io_goes_on_after_graceful_restart(
    export: Exporter, writing: Writing, restartable: Restartable, all_there: Proof, evidence: Evidence
) -> None:
    """I/O goes on after a graceful restart of the server, and nothing is lost.

    A client makes and syncs change after change while the server stops in order and starts again. Observed on the
    client: no error, the longest pause. Observed on the server's disk and by another client: every acknowledged change.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    writer = writing(shared)
    with evidence.step(f"write and sync {BEFORE} changes"):
        writer.wait_for(BEFORE)
    with evidence.step("restart the server"):
        restartable.restart()
    with evidence.step(f"write and sync {AFTER} more"):
        writer.wait_for(AFTER)
    ledger = writer.stop()
    evidence.measure("longest pause of a writer", ledger.longest_pause, "s")
    all_there(shared, ledger)
