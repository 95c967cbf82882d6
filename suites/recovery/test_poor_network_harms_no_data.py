"""NFSK8S-RECOVERY-010"""

import time

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.faults.network import POOR, poor_network
from fixtures.faults.writer import Writer
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Proof, Writing

CHANGES = 50


@requirement(
    "NFSK8S-RECOVERY-010",
    level=SHOULD,
    cites=["tc-netem(8)", "nfs(5)"],
    since="0.2",
    asks=["no_root_squash", "own-clients"],
    needs=["fault-injection"],
)
def test_poor_network_harms_no_data(
    export: Exporter, client: NfsClient, writing: Writing, all_there: Proof, evidence: Evidence
) -> None:
    """I/O stays correct under packet loss, delay and reordering, and its throughput is measured.

    A client makes and syncs change after change, first in good weather, then while what it sends is late, lost or out
    of order. Observed on it: no error, nothing refused because it had been made when it was asked for first, and
    changes a second in both. Observed on the server's disk and by another client: every acknowledged change.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    writer = writing(shared)
    with evidence.step(f"write and sync {CHANGES} changes in good weather"):
        good = _pace(writer)
    with evidence.step(f"write and sync {CHANGES} changes with {' '.join(POOR)}"), poor_network(client):
        poor = _pace(writer)
    evidence.measure("synced changes in good weather", good, "changes/s")
    evidence.measure("synced changes in bad weather", poor, "changes/s")
    ledger = writer.stop()
    all_there(shared, ledger)
    what = "what was asked twice is answered as it was the first time"
    evidence.expect(not ledger.twice, what, expected=[], seen=list(ledger.twice))


def _pace(writer: Writer) -> float:
    """Synced changes a second."""
    before, began = writer.ledger().total, time.monotonic()
    writer.wait_for(CHANGES)
    return (writer.ledger().total - before) / (time.monotonic() - began)
