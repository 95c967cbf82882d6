"""NFSK8S-EXPORT-011"""

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.connections import OwnAddresses
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually


@requirement(
    "NFSK8S-EXPORT-011",
    level=SHOULD,
    cites=["showmount(8)", "exportfs(8)", "rpc.mountd(8)", "RFC 1813 section 5"],
    since="0.2",
    asks=["export_options", "shell", "addresses", "privileged-pods"],
    features=["showmount"],
    versions=["3"],
)
def test_tables_name_exports_and_clients(
    *,
    export: Exporter,
    client: NfsClient,
    nfs_server: NfsServer,
    own_addresses: OwnAddresses,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """`showmount -e`, `/var/lib/nfs/etab` and `/var/lib/nfs/rmtab` say truly what is exported and which NFSv3 clients
    mount it.

    Observed on the client: `showmount -e` lists the export with its address rule, `showmount -a` the client while it
    mounts, and no longer. Observed on the server: the same in etab and rmtab.
    """
    own_addresses(client)
    address = client.address()
    shared = export("rw,sync,no_subtree_check", clients=address)
    files = nfs_server.files(shared)
    # The server's own root may be a folder of the machine: the export's path is below it.
    tables = f"${{PWD%{shared.path}}}/var/lib/nfs"

    listed = client.run(["showmount", "-e", nfs_server.endpoint]).must("ask the server's mountd").stdout
    evidence.attach("showmount-e.txt", listed)
    wanted = [shared.path, address]
    lines = [line.split() for line in listed.splitlines()]
    evidence.expect(wanted in lines, "showmount -e lists the export", expected=wanted, seen=listed)
    etab = files.shell(f"cat {tables}/etab")
    evidence.attach("etab.txt", etab)
    entry = f"{shared.path}\t{address}("
    evidence.expect(entry in etab, "etab lists the export", expected=entry, seen=etab)

    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    entry = f"{address}:{shared.path}"

    def mounts() -> str:
        return client.run(["showmount", "-a", nfs_server.endpoint]).must("ask the server's mountd").stdout

    seen = mounts()
    evidence.expect(entry in seen, "showmount -a lists the client while it mounts", expected=entry, seen=seen)
    rmtab = files.shell(f"cat {tables}/rmtab")
    evidence.attach("rmtab.txt", rmtab)
    evidence.expect(entry in rmtab, "rmtab lists the client while it mounts", expected=entry, seen=rmtab)

    # mountd reads the table again when its time has changed, in whole seconds (nfs-utils, mountlist_list).
    eventually(
        lambda: files.shell(f"[ $(date +%s) -gt $(stat -c %Y {tables}/rmtab) ] && echo later || true"),
        what="the second to be over in which rmtab was written",
        within=PATIENCE.command,
    )
    client.unmount(mounted).must("unmount the export")
    seen = mounts()
    evidence.expect(
        entry not in seen, "showmount -a forgets the client after umount", expected=f"no {entry}", seen=seen
    )
    rmtab = files.shell(f"cat {tables}/rmtab")
    evidence.expect(entry not in rmtab, "rmtab forgets the client after umount", expected=f"no {entry}", seen=rmtab)
