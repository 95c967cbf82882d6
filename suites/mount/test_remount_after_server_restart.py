"""NFSK8S-MOUNT-007"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer, Restartable
from fixtures.waiting.patience import PATIENCE


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-MOUNT-007",
    level=MUST,
    cites=["nfs(5)", "kubernetes/kubernetes#75918"],
    since="0.2",
    asks=["no_root_squash", "restart", "privileged-pods"],
)
def test_remount_after_server_restart(
    export: Exporter,
    client: NfsClient,
    restartable: Restartable,
    nfs_server: NfsServer,
    *,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """After a restart of the server a client can unmount and mount again, and finds its data.

    Observed on the client: the old mount still reads, past the cache, umount and mount end well and in time, the file
    is as it was, and writing goes on once the grace period is over. Observed on the server: both files.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    client.sh('echo before > "$1/before"', mounted.path).must("write a file")

    with evidence.step("restart the server"):
        restartable.restart()
    still = client.sh('dd if="$1/before" iflag=direct status=none', mounted.path, timeout=PATIENCE.mount)
    evidence.expect(still.stdout == "before\n", "the old mount still reads", expected="before", seen=still)
    with evidence.step("unmount, mount again"):
        gone = client.unmount(mounted)
        evidence.expect(gone.ok, "the client can unmount", expected="exit code 0", seen=gone)
        again = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    found = client.sh('cat "$1/before"', again.path, timeout=PATIENCE.mount)
    evidence.expect(found.stdout == "before\n", "the data is found again", expected="before", seen=found)
    with evidence.step("write after the restart"):
        written = client.sh('echo after > "$1/after"', again.path, timeout=PATIENCE.mount)
    evidence.expect(written.ok, "writing goes on", expected="exit code 0", seen=written)

    files = nfs_server.files(shared)
    for name in ("before", "after"):
        stored = files.read(name)
        wanted = f"{name}\n".encode()
        evidence.expect(stored == wanted, f"what was written {name} is on the server", expected=wanted, seen=stored)
