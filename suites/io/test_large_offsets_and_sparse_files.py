"""NFSK8S-IO-004"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

OFFSET = 5 * 1024**3 + 1
SIZE = OFFSET + len("the end")
_WRITE = f"""
file = os.open('sparse', os.O_CREAT | os.O_RDWR)
os.pwrite(file, b'the start', 0)
os.pwrite(file, b'the end', {OFFSET})
os.fsync(file)
os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
"""
_READ = f"""
middle = os.pread(file, 4096, {4 * 1024**3})
[os.fstat(file).st_size, os.pread(file, 100, {OFFSET}).decode(), len(middle.strip(bytes(1)))]
"""


@requirement(
    "NFSK8S-IO-004",
    level=MUST,
    cites=["lseek(2)", "RFC 1813 section 3.3.7", "RFC 8881 section 18.32"],
    since="0.2",
    asks=["no_root_squash"],
)
def test_large_offsets_and_sparse_files(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """Files are read and written beyond an offset of 4 GiB, and a sparse file keeps its size and reads as zeros where
    nothing was written.

    Observed on the client: the end of a file of more than 5 GiB, and zeros from its middle, read past the cache.
    Observed on the server: the size, the same bytes at the same offset, zeros in the middle, and next to no space
    taken for them.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    session = client.session(mounted.path)
    with evidence.step("write at the start and beyond 5 GiB"):
        session.do(_WRITE)
        size, tail, middle = session.do(_READ)
    evidence.expect(size == SIZE, "the client sees the size", expected=SIZE, seen=size)
    evidence.expect(tail == "the end", "the client reads the end", expected="the end", seen=tail)
    evidence.expect(middle == 0, "the client reads zeros from the hole", expected="no other byte", seen=middle)

    files = nfs_server.files(shared)
    size = files.stat("sparse").size
    evidence.expect(size == SIZE, "the size is the same on the server", expected=SIZE, seen=size)
    tail = files.shell("tail -c 7 sparse")
    evidence.expect(tail == "the end", "the end is on the server", expected="the end", seen=tail)
    others = files.shell("dd if=sparse bs=1M skip=4096 count=4 status=none | tr -d '\\0' | wc -c").strip()
    evidence.expect(others == "0", "the hole is zeros on the server", expected="0 other bytes", seen=others)
    kibibytes = int(files.shell("du -k sparse | cut -f1"))
    evidence.expect(kibibytes < 1024, "the hole takes no space", expected="less than 1024 KiB", seen=kibibytes)
