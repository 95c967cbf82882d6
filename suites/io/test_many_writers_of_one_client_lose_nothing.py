"""NFSK8S-IO-017"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE

FILES = 2000
PROCESSES, RECORDS = 20, 25
RECORD, SIZE = "%60d\n", 61  # a size that no page is a multiple of
# All begin at once, and each record is a WRITE of its own: nobody's fsync sends once more what was lost.
_SHARED = f"""
start = time.time() + 1

def write(process):
    file = os.open('shared', os.O_WRONLY | os.O_DSYNC)
    time.sleep(max(start - time.time(), 0))
    for number in range(process, {PROCESSES * RECORDS}, {PROCESSES}):
        os.pwrite(file, ({RECORD!r} % number).encode(), number * {SIZE})

os.close(os.open('shared', os.O_CREAT | os.O_WRONLY))
children = []
for process in range({PROCESSES}):
    child = os.fork()
    if not child:
        try:
            write(process)
            os._exit(0)
        finally:
            os._exit(1)
    children.append(child)
[os.waitpid(child, 0)[1] for child in children]
"""
_OPEN_AT_ONCE = f"""
import resource
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES} + 100, most))
os.mkdir('many')
files = [os.open('many/%05d' % number, os.O_CREAT | os.O_WRONLY) for number in range({FILES})]
for number, file in enumerate(files):
    os.write(file, b'%d\\n' % number)
for file in files:
    os.fsync(file)
    os.close(file)
len(files)
"""


@requirement(
    "NFSK8S-IO-017",
    level=MUST,
    cites=["pwrite(2)", "fsync(2)", "RFC 8881 section 18.32"],
    since="0.3",
    asks=["no_root_squash"],
)
def test_many_writers_of_one_client_lose_nothing(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """Many processes of one node that write the same file, and thousands of files that it has open at once, lose
    nothing.

    Observed on a client: no process met an error. Observed on the server: each record of the file that all wrote,
    records of different processes side by side in every page; each of the many files with what was written to it.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    session = client.session(client.mount(nfs_server.endpoint, shared.path, version=nfs_version).path)
    files = nfs_server.files(shared)
    with evidence.step(f"write {PROCESSES * RECORDS} records in {PROCESSES} processes"):
        ends = session.do(_SHARED)
    evidence.expect(ends == [0] * PROCESSES, "every process ends well", expected=[0] * PROCESSES, seen=ends)
    stored = files.read("shared")
    records = {number: stored[number * SIZE : (number + 1) * SIZE] for number in range(PROCESSES * RECORDS)}
    lost = [number for number, record in records.items() if record != (RECORD % number).encode()]
    evidence.expect(lost == [], "every record is on the server", expected="none lost", seen=lost)

    with evidence.step(f"write {FILES} files that are open at once"):
        answer = session.attempt(_OPEN_AT_ONCE, timeout=PATIENCE.recycle)
    evidence.expect(answer.value == FILES, "every file is written", expected=FILES, seen=answer)
    written = dict(line.split(":") for line in files.shell('cd many && grep -H "" *').split())
    wanted_files = {f"{number:05d}": str(number) for number in range(FILES)}
    wrong = sorted(written.items() ^ wanted_files.items())
    evidence.expect(wrong == [], "every file has what was written to it", expected=f"{FILES} files", seen=wrong)
