"""NFSK8S-IO-018"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.faults.memory import MemoryPressure
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

FILES = 50
_MAKE = f"""
os.mkdir('folder')
for number in range({FILES}):
    with open(f'folder/{{number}}', 'w') as file:
        file.write(f'content of {{number}}')
file, folder = os.open('folder/0', os.O_RDWR), os.open('folder', os.O_RDONLY)
"""
# By open descriptors alone: the names are not looked up again.
_USE = """
os.pwrite(file, b'CONTENT', 0)
os.fsync(file)
[os.pread(file, 100, 0).decode(), len(os.listdir(folder)), os.fstat(file).st_ino]
"""
_LOOK = f"[os.stat(f'folder/{{number}}').st_ino for number in range({FILES})]"
_READ = f"[open(f'folder/{{number}}').read() for number in range({FILES})]"


@requirement(
    "NFSK8S-IO-018",
    level=MUST,
    cites=["RFC 1813 section 2.3.3", "RFC 8881 section 4.2", "trapexit/mergerfs#899", "hanwen/go-fuse#620"],
    since="0.3",
    asks=["no_root_squash", "shell", "own-clients"],
    needs=["two-nodes", "fault-injection"],
)
def test_open_files_survive_memory_pressure(
    export: Exporter,
    two_hosts: TwoHosts,
    memory_pressure: MemoryPressure,
    nfs_server: NfsServer,
    evidence: Evidence,
) -> None:
    """Open files, and which file a name stands for, outlast the caches of client and server.

    A client makes files, and holds one of them and their directory open. Then its machine and the server's give back
    what they cache, as machines do whose memory gets short. Observed on the client: what it has open can be read and
    written, and all inode numbers stay. Observed on another: the contents. Observed on the server: what was written
    through the open file.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    one, other = two_hosts(shared)
    one.do(_MAKE)
    numbers = one.do(_LOOK)
    wanted = ["CONTENT of 0", FILES, numbers[0]]
    for _ in range(2):  # what the first makes the server forget, it is asked for by its handle
        with evidence.step("have both give back what they cache, use what is open"):
            memory_pressure.rise()
            used = one.attempt(_USE)
        seen = used.value or used.error
        evidence.expect(seen == wanted, "what is open can be used", expected=wanted, seen=seen)
    seen = one.do(_LOOK)
    differ = [number for number in range(FILES) if seen[number] != numbers[number]]
    evidence.expect(differ == [], "each name stands for the same file", expected=[], seen=differ)
    contents = ["CONTENT of 0", *(f"content of {number}" for number in range(1, FILES))]
    read = other.do(_READ)
    evidence.expect(read == contents, "another client reads them", expected=contents[:3], seen=read[:3])
    stored = nfs_server.files(shared).read("folder/0")
    evidence.expect(stored == b"CONTENT of 0", "the server has it", expected=b"CONTENT of 0", seen=stored)
