"""NFSK8S-RECOVERY-014"""

from dataclasses import replace

from certify.declare import MUST, requirement
from certify.errors import EnvironmentFailure
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.faults.disk import DiskFault, must_be_felt
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Proof, Writing
from fixtures.servers.server import Limit

BEFORE, AFTER = 50, 100


@requirement(
    "NFSK8S-RECOVERY-014",
    level=MUST,
    cites=["fsync(2)", "RFC 1813 section 3.3.21", "RFC 8881 section 18.3", "docker-library/postgres#213"],
    since="0.3",
    asks=["no_root_squash", "limit", "disk"],
    needs=["fault-injection"],
)
def test_failing_disk_is_not_kept_secret(
    *,
    export: Exporter,
    client: NfsClient,
    writing: Writing,
    failing_disk: DiskFault,
    all_there: Proof,
    evidence: Evidence,
) -> None:
    """When the disk below an export fails, writers are told, and whatever was acknowledged is on it.

    A client makes and syncs change after change while the server's disk begins to answer with errors; then the disk
    is repaired and exported again. Observed on the client: the error at which it ended, and that it can go on in the
    repaired file system. Observed on the server's disk and by another client: every acknowledged change.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash", limit=Limit(64))
    writer = writing(shared)
    with evidence.step(f"write and sync {BEFORE} changes"):
        writer.wait_for(BEFORE)
    if error := writer.ledger().error:
        raise EnvironmentFailure(f"the writer met an error before the disk failed: {error}")
    with failing_disk(shared):
        with evidence.step(f"let the disk fail, write and sync until an error comes, or {AFTER} more changes"):
            writer.wait_for(AFTER)
        ledger = writer.stop()
        client.release()
    evidence.attach("error.txt", f"{ledger.error or 'none'} after {ledger.total} changes\n")
    all_there(shared, replace(ledger, error=""))
    must_be_felt(ledger)
    with evidence.step("write again"):
        again = writing(shared, folder="after")
        again.wait_for(BEFORE)
        all_there(shared, again.stop(), "after")
