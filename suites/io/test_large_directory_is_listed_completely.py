"""NFSK8S-IO-010"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.clients.session import Session
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import MAKE_FILES, NfsServer
from fixtures.waiting.patience import PATIENCE

ENTRIES = 10_000
_REMOVE_HALF = """
for name in names:
    if int(name.rpartition('-')[2]) % 2 == 0:
        os.unlink(name)
names = [entry.name for entry in os.scandir('.')]
"""


@requirement(
    "NFSK8S-IO-010",
    level=MUST,
    cites=["readdir(3)", "RFC 1813 section 3.3.16", "RFC 8881 section 18.23"],
    since="0.2",
    asks=["no_root_squash"],
)
def test_large_directory_is_listed_completely(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """A directory of 10,000 entries is listed completely, each entry once.

    Observed on the client: every one of 10,000 names exactly once, before and after half of them were removed through
    the mount. Observed on the server: as many, made and removed.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    session = client.session(mounted.path)
    with evidence.step(f"make {ENTRIES} files on the server, list them on the client"):
        files.shell(f"seq -f 'entry-%05g' {ENTRIES} | {MAKE_FILES}", timeout=PATIENCE.recycle)
        session.do("names = [entry.name for entry in os.scandir('.')]")
    _expect_each_once(evidence, session, f"['entry-%05d' % number for number in range(1, {ENTRIES + 1})]")
    with evidence.step("remove every second one on the client, list again"):
        removed = session.attempt(_REMOVE_HALF, timeout=PATIENCE.recycle)
        evidence.expect(removed.error == "no error", "files can be removed", expected="no error", seen=removed)
    _expect_each_once(evidence, session, f"['entry-%05d' % number for number in range(1, {ENTRIES + 1}, 2)]")
    left = files.count()
    evidence.expect(left == ENTRIES // 2, "half of them are left on the server", expected=ENTRIES // 2, seen=left)


def _expect_each_once(evidence: Evidence, session: Session, wanted: str) -> None:
    listed, different = session.do("[len(names), len(set(names))]")
    missing, strange = session.do(f"[sorted(set({wanted}) - set(names))[:5], sorted(set(names) - set({wanted}))[:5]]")
    evidence.expect(listed == different, "no entry is listed twice", expected=different, seen=listed)
    evidence.expect(not missing, "no entry is missing", expected=[], seen=missing)
    evidence.expect(not strange, "no other entry is listed", expected=[], seen=strange)
