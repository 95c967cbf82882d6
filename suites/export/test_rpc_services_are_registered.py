"""NFSK8S-EXPORT-012"""

from collections.abc import Iterator
from contextlib import contextmanager

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

# Program numbers of RFC 1833's registry, with the version that an NFSv3 client asks for.
SERVICES = {"nfs": (100003, 3), "mountd": (100005, 3), "nlockmgr": (100021, 4), "status": (100024, 1)}
_ALL_BUT_NFS = ("1-2048", "2050-65534")


@requirement(
    "NFSK8S-EXPORT-012",
    level=SHOULD,
    cites=["rpcinfo(8)", "RFC 1833", "RFC 7530 section 3.1", "RFC 8881 section 2.9.3"],
    since="0.2",
    asks=["no_root_squash", "own-clients"],
)
def test_rpc_services_are_registered(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """Where NFSv3 is offered, `rpcinfo` lists nfs, mountd, nlockmgr and status, and NFSv4 needs port 2049 alone.

    Observed on the client: over NFSv3 the four programs in rpcinfo's list, each answering over TCP; over NFSv4 a mount
    that works while the client may send to no other port of the server. Observed on the server: the client's file.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    server = nfs_server.endpoint
    if nfs_version == "3":
        listing = client.run(["rpcinfo", "-p", server]).must("ask the server's rpcbind").stdout
        evidence.attach("rpcinfo.txt", listing)
        lines = [line.split() for line in listing.splitlines()[1:]]
        for service, (program, version) in SERVICES.items():
            registered = [str(program), str(version), "tcp"] in [line[:3] for line in lines]
            evidence.expect(registered, f"{service} is registered", expected=f"{program} {version} tcp", seen=listing)
            answer = client.run(["rpcinfo", "-T", "tcp", server, str(program), str(version)])
            evidence.expect(answer.ok, f"{service} answers", expected="ready and waiting", seen=answer)
        _write(client, nfs_server, shared.path, nfs_version)
    else:
        with evidence.step("mount and write while only port 2049 can be reached"), _only_nfs_port(client, server):
            _write(client, nfs_server, shared.path, nfs_version)
            closed = client.run(["rpcinfo", "-p", server])
        evidence.expect(not closed.ok, "no other port was reached meanwhile", expected="an error", seen=closed)
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"written\n", "the file is on the server", expected=b"written\n", seen=stored)


def _write(client: NfsClient, nfs_server: NfsServer, path: str, version: str) -> None:
    mounted = client.mount(nfs_server.endpoint, path, version=version)
    client.sh('echo written > "$1/file"', mounted.path).must("write a file")


@contextmanager
def _only_nfs_port(client: NfsClient, server: str) -> Iterator[None]:
    client.require_own_machine("close the server's other ports to the client")
    rules = [["to", server, "ipproto", "tcp", "dport", ports, "prohibit"] for ports in _ALL_BUT_NFS]
    try:
        for rule in rules:
            client.run(["ip", "rule", "add", *rule]).must("close the server's other ports to the client")
        yield
    finally:
        for rule in rules:
            client.run(["ip", "rule", "del", *rule])
