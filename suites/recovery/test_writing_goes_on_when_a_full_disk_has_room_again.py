"""NFSK8S-RECOVERY-009"""

import hashlib

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import Limit, NfsServer

_MEBIBYTE = "number.to_bytes(4, 'big') * (1 << 18)"  # no zeros: they are what a hole reads as


@requirement(
    "NFSK8S-RECOVERY-009",
    level=MUST,
    cites=["write(2)", "RFC 7530 section 13.1.4", "RFC 8881 section 15.1.4"],
    since="0.2",
    asks=["no_root_squash", "limit"],
    needs=["fault-injection"],
)
def test_writing_goes_on_when_a_full_disk_has_room_again(
    *,
    export: Exporter,
    client: NfsClient,
    nfs_server: NfsServer,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """A full disk of the server is reported to writers as ENOSPC, and writing goes on when space is freed.

    Somebody else fills the disk on the server. Observed on the client: ENOSPC for a file that it holds open, and no
    error on the same mount when the other's file is gone. Observed on the server: what the client wrote then.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash", limit=Limit(32))
    half = shared.limit.mebibytes // 2
    write = f"for number in range(1, {half} + 1):\n    os.write(file, {_MEBIBYTE})\nos.fsync(file)"
    files = nfs_server.files(shared)
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    session = client.session(mounted.path)
    session.do("file = os.open('file', os.O_CREAT | os.O_WRONLY)")
    with evidence.step("fill the disk on the server"):
        evidence.attach("df-full.txt", files.shell("cat /dev/zero > others 2>/dev/null; sync others; df -k ."))
    refused = session.attempt(write).error
    evidence.expect(refused == "ENOSPC", "the writer is told", expected="ENOSPC", seen=refused)
    with evidence.step("free space on the server, write again"):
        evidence.attach("df-freed.txt", files.shell("rm others; sync -f .; df -k ."))
        session.attempt("os.close(file)")  # which may tell once more that the disk was full
        session.do(f"file = os.open('file', os.O_CREAT | os.O_WRONLY | os.O_TRUNC)\n{write}")
    wanted = hashlib.sha256(
        b"".join(number.to_bytes(4, "big") * (1 << 18) for number in range(1, half + 1))
    ).hexdigest()
    stored = files.sha256("file")
    evidence.expect(stored == wanted, "it is on the server", expected=wanted, seen=stored)
