"""NFSK8S-IO-009"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

_STORE = """
file = os.open('mapped', os.O_CREAT | os.O_RDWR)
os.ftruncate(file, 8192)
mapped = mmap.mmap(file, 8192)
mapped[:5], mapped[-5:] = b'first', b'last.'
mapped.flush()
"""
_LOOK = """
file = os.open('mapped', os.O_RDONLY)
mapped = mmap.mmap(file, 8192, prot=mmap.PROT_READ)
[os.pread(file, 5, 0).decode(), mapped[-5:].decode()]
"""


@requirement(
    "NFSK8S-IO-009",
    level=MUST,
    cites=["mmap(2)", "msync(2)", "RFC 8881 section 10.7"],
    since="0.2",
    asks=["no_root_squash"],
)
def test_shared_mapping_is_on_the_server_after_msync(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """What is stored through a shared memory mapping is on the server after msync.

    Observed on two client hosts: one stores through a shared mapping and calls msync, the other opens the file and
    reads that, and a mapping that it makes then shows it too. Observed on the server: the same bytes, while the
    mapping is still there.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    one, other = two_hosts(shared)
    with evidence.step("map a file, store into both of its pages, msync"):
        one.do(_STORE)
    files = nfs_server.files(shared)
    stored = files.shell("head -c 5 mapped; tail -c 5 mapped")
    evidence.expect(stored == "firstlast.", "the stores are on the server", expected="firstlast.", seen=stored)
    size = files.stat("mapped").size
    evidence.expect(size == 8192, "the file keeps its size", expected=8192, seen=size)
    digest, wanted = files.sha256("mapped"), one.do("hashlib.sha256(mapped).hexdigest()")
    evidence.expect(digest == wanted, "the server's SHA-256 is the mapping's", expected=wanted, seen=digest)
    seen = other.do(_LOOK)
    evidence.expect(seen == ["first", "last."], "another host reads them", expected=["first", "last."], seen=seen)
