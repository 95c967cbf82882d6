"""NFSK8S-IO-013"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

_WRITE = """
data = os.urandom(1024 * 1024)
for start in range(0, len(data), 10_000):
    os.pwrite(file, data[start : start + 10_000], start)
os.fsync(file)
hashlib.sha256(data).hexdigest()
"""


@requirement(
    "NFSK8S-IO-013",
    level=MUST,
    cites=["fsync(2)", "RFC 1813 section 3.3.21", "RFC 8881 section 18.3"],
    since="0.2",
    asks=["no_root_squash"],
)
def test_fsynced_data_is_on_the_server(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """What fsync has acknowledged, of a file and of its parent directory, is identical on the server.

    Observed on the client: fsync of a file of 1 MiB that stays open, written in pieces, and fsync of its directory
    after a rename. Observed on the server, before anything is closed: the same SHA-256 each time, under the new name
    alone.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    files = nfs_server.files(shared)
    session = client.session(mounted.path)
    with evidence.step("write 1 MiB in pieces, fsync, keep the file open"):
        session.do("os.mkdir('folder'); file = os.open('folder/new', os.O_CREAT | os.O_RDWR)")
        for _ in range(3):
            wanted = session.do(_WRITE)
            digest = files.sha256("folder/new")
            evidence.expect(digest == wanted, "what fsync acknowledged is on the server", expected=wanted, seen=digest)
    with evidence.step("rename it, fsync the directory"):
        session.do("folder = os.open('folder', os.O_RDONLY | os.O_DIRECTORY)")
        session.do("os.rename('folder/new', 'folder/synced'); os.fsync(folder)")
    names = [entry.path for entry in files.tree()]
    expected = ["folder", "folder/synced"]
    evidence.expect(names == expected, "the new name is on the server, alone", expected=expected, seen=names)
    digest = files.sha256("folder/synced")
    evidence.expect(digest == wanted, "the data is what it was", expected=wanted, seen=digest)
    session.do("os.close(file)")
