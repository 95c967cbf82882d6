"""NFSK8S-MOUNT-001"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.mount_options import mount_source
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer


@requirement(
    "NFSK8S-MOUNT-001",
    level=MUST,
    cites=["mount.nfs(8)", "nfs(5)", "df(1)"],
    since="0.1",
)
def test_client_mounts_an_export(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """A client can mount an exported directory, and its tools say truly what is mounted and how.

    Observed on the client: df shows `host:/path` and the size of the file system, /proc/mounts the negotiated
    version and options. Observed on the server: the same size of the same file system, asked there.
    """
    shared = export("rw,sync,no_subtree_check")
    source = mount_source(nfs_server.endpoint, shared.path)

    with evidence.step(f"mount {source} with version {nfs_version}"):
        mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    evidence.attach("proc-mounts.txt", mounted.line)

    listing = client.run(["df", "-Pk", mounted.path]).must("run df on the client").stdout
    evidence.attach("df.txt", listing)
    filesystem, kibibytes, *_ = listing.splitlines()[1].split()
    evidence.expect(filesystem == source, "df shows server and path", expected=source, seen=filesystem)

    wanted, seen = "nfs" if nfs_version == "3" else "nfs4", mounted.file_system
    evidence.expect(seen == wanted, "the file system type fits the version", expected=wanted, seen=seen)
    version = f"vers={nfs_version}"
    evidence.expect(
        version in mounted.options, "the negotiated version is the one asked for", expected=version, seen=mounted.line
    )
    evidence.expect("rw" in mounted.options, "the mount is read-write", expected="rw", seen=mounted.line)
    evidence.expect(
        "hard" in mounted.options, "the mount is hard, the default that keeps data", expected="hard", seen=mounted.line
    )

    on_server = int(nfs_server.files(shared).shell("df -Pk . | awk 'NR == 2 { print $2 }'"))
    # A client counts in blocks of its transfer size and rounds down: up to one such block (1 MiB) may be missing.
    evidence.expect(
        abs(on_server - int(kibibytes)) <= 1024,
        "client and server agree on the size of the file system",
        expected=f"{on_server} KiB, as the server says",
        seen=f"{kibibytes} KiB",
    )
