"""NFSK8S-RECOVERY-002"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Proof, Writing
from fixtures.servers.server import NfsServer, Restartable

BEFORE, AFTER = 100, 100


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-RECOVERY-002",
    level=MUST,
    cites=["nfs(5)", "RFC 1813 section 4.8", "RFC 8881 section 8.4.2"],
    since="0.2",
    asks=["no_root_squash", "kill"],
    needs=["fault-injection"],
)
def test_io_goes_on_after_server_was_killed(
    *,
    export: Exporter,
    writing: Writing,
    restartable: Restartable,
    nfs_server: NfsServer,
    all_there: Proof,
    evidence: Evidence,
) -> None:
    """I/O goes on after the server was killed and started again, and nothing acknowledged is lost.

    A client makes and syncs change after change while every process of the server gets SIGKILL; of a server in the
    kernel that is its daemons. Observed on the client: no error, the longest pause. Observed on the server's disk and
    by another client: every acknowledged change.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    writer = writing(shared)
    with evidence.step(f"write and sync {BEFORE} changes"):
        writer.wait_for(BEFORE)
    with evidence.step("kill the server, start it again"):
        restartable.kill()
        nfs_server.ensure_serving()
    with evidence.step(f"write and sync {AFTER} more"):
        writer.wait_for(AFTER)
    ledger = writer.stop()
    evidence.measure("longest pause of a writer", ledger.longest_pause, "s")
    all_there(shared, ledger)
