"""NFSK8S-MOUNT-003"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer


@requirement(
    "NFSK8S-MOUNT-003",
    level=MUST,
    cites=["umount(8)", "umount(2)"],
    since="0.1",
    asks=["privileged-pods"],
)
def test_umount_from_inside_is_busy(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """A mount in use is not taken away: umount from inside it says busy, from outside it works, and the data stays.

    Observed on the client: umount's exit code and message, the mount's presence before and after. Observed on the
    server: the file that was written, after the mount has gone.
    """
    shared = export("rw,sync,no_subtree_check")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    client.sh('echo kept > "$1/file"', mounted.path).must("write a file")

    with evidence.step("umount from inside the mounted directory"):
        inside = client.unmount(mounted, from_inside=True)
    evidence.expect(
        not inside.ok and "busy" in inside.stderr,
        "umount from inside the mount is refused as busy",
        expected="an exit code other than 0 and a message with 'busy'",
        seen=inside,
    )
    still = client.sh('cat "$1/file"', mounted.path)
    evidence.expect(still.stdout == "kept\n", "the mount works on after the refusal", expected="kept", seen=still)

    with evidence.step("umount from outside"):
        outside = client.unmount(mounted)
    evidence.expect(outside.ok, "umount from outside works", expected="exit code 0", seen=outside)
    table = client.mount_table()
    evidence.expect(
        mounted.path not in table, "the mount is gone from /proc/mounts", expected=f"no {mounted.path}", seen=table
    )
    left = client.run(["ls", "-A", mounted.path]).stdout
    evidence.expect(left == "", "the directory below the mount is empty again", expected="", seen=left)

    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"kept\n", "the data stays on the server", expected=b"kept\n", seen=stored)
