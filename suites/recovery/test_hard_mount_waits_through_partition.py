"""NFSK8S-RECOVERY-004"""

import time

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Proof, Writing
from fixtures.servers.server import NfsServer

BEFORE, AFTER = 100, 100
PARTITION = 30  # seconds


@requirement(
    "NFSK8S-RECOVERY-004",
    level=MUST,
    cites=["nfs(5)", "RFC 1813 section 4.5", "RFC 8881 section 2.10.6"],
    since="0.2",
    asks=["no_root_squash", "own-clients"],
    needs=["fault-injection"],
)
def test_hard_mount_waits_through_partition(
    *,
    export: Exporter,
    client: NfsClient,
    nfs_server: NfsServer,
    writing: Writing,
    all_there: Proof,
    evidence: Evidence,
) -> None:
    """On a hard mount I/O waits through a partition of 30 seconds and resumes, with nothing lost or doubled.

    A client makes and syncs change after change while nothing that it sends reaches the server. Observed on it: no
    acknowledgement meanwhile, no error, and the seconds until it goes on. Observed on the server's disk and by another
    client: every acknowledged change, once.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    writer = writing(shared, "hard")
    with evidence.step(f"write and sync {BEFORE} changes"):
        writer.wait_for(BEFORE)
    with evidence.step(f"cut the client off for {PARTITION} s"), client.cut_off(nfs_server.endpoint):
        time.sleep(PARTITION)
    with evidence.step(f"write and sync {AFTER} more"):
        writer.wait_for(AFTER)
    ledger = writer.stop()
    waited = ledger.longest_pause
    evidence.measure("longest pause of a writer", waited, "s")
    evidence.expect(waited >= PARTITION, "I/O waited", expected=f"{PARTITION} s", seen=f"{waited:.1f} s")
    all_there(shared, ledger)
