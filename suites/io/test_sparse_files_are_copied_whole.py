"""NFSK8S-IO-014"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

# Where the data is, in bytes, and how large the file is: the rest are holes, one of them at the end.
DATA = ((0, 4096), (1 << 20, (1 << 20) + 65536), (5 << 20, (5 << 20) + 1))
SIZE = 8 << 20
_MAKE = f"""
file = os.open('sparse', os.O_CREAT | os.O_RDWR)
os.ftruncate(file, {SIZE})
for begin, end in {DATA}:
    os.pwrite(file, b'x' * (end - begin), begin)
os.fsync(file)
os.close(file)
"""
_MAP = """
file, regions, end = os.open('sparse', os.O_RDONLY), [], 0
while True:
    try:
        begin = os.lseek(file, end, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        break
    end = os.lseek(file, begin, os.SEEK_HOLE)
    regions.append([begin, end])
os.close(file)
regions
"""
COPIES = {
    "copied": "cp --sparse=auto sparse copied",
    "unpacked/sparse": "mkdir unpacked && tar -S -cf - sparse | tar -C unpacked -xf -",
}


@requirement(
    "NFSK8S-IO-014",
    level=MUST,
    cites=["lseek(2)", "RFC 7862 section 15.11", "tar(1)", "cp(1)"],
    since="0.3",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_sparse_files_are_copied_whole(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """A file with holes that one node wrote is copied whole on another, by programs that ask where its data is.

    Observed on the other client host: no data lies in what SEEK_DATA and SEEK_HOLE call a hole; where they see holes
    is evidence. Observed on the server: `cp --sparse=auto` and `tar -S` made files with the same SHA-256.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    one, other = two_hosts(shared)
    one.do(_MAKE)
    regions = other.do(_MAP)
    evidence.attach("regions.txt", f"data was written at {DATA}, and is seen at {regions}")
    covered = all(any(begin <= first and last <= end for begin, end in regions) for first, last in DATA)
    evidence.expect(covered, "no data is called a hole", expected=DATA, seen=regions)
    files = nfs_server.files(shared)
    wanted = files.sha256("sparse")
    for name, command in COPIES.items():
        with evidence.step(command):
            code = other.do(f"os.system({command!r})")
        evidence.expect(code == 0, f"`{command}` works", expected=0, seen=code)
        other.do(f"file = os.open({name!r}, os.O_RDWR); os.fsync(file); os.close(file)")
        seen = files.sha256(name)
        evidence.expect(seen == wanted, f"{name} has what the file has", expected=wanted, seen=seen)
