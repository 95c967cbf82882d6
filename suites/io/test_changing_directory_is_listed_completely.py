"""NFSK8S-IO-015"""

import time

from certify.declare import MUST, requirement
from certify.errors import EnvironmentFailure
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import MAKE_FILES, NfsServer
from fixtures.waiting.patience import PATIENCE

ENTRIES = 6000
ROUNDS = 10
# Until told to end, by a file on the host's own disk: a name that was not there is remembered in a directory of NFS.
_CHURN = """
changes = 0
while not os.path.exists({end!r}):
    for number in range(20):
        os.close(os.open('other-%02d' % number, os.O_CREAT | os.O_WRONLY))
    for number in range(20):
        os.unlink('other-%02d' % number)
    changes += 40
changes
"""
_LIST = """
names = [entry.name for entry in os.scandir('.')]
kept = [name for name in names if name.startswith('entry-')]
[len(kept), len(set(kept)), sorted(set(names) - set(kept))]
"""


@requirement(
    "NFSK8S-IO-015",
    level=MUST,
    cites=["readdir(3)", "RFC 8881 section 18.23", "unfs3/unfs3#2", "pgbackrest/pgbackrest#2753"],
    since="0.3",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_changing_directory_is_listed_completely(
    *,
    export: Exporter,
    two_hosts: TwoHosts,
    other_client: NfsClient,
    nfs_server: NfsServer,
    name: str,
    evidence: Evidence,
) -> None:
    """A listing ends and has every entry that nobody touches once, while another node adds and removes others.

    Observed on two client hosts: one lists a directory of thousands of entries again and again, the other makes and
    removes files in it meanwhile; how many changes those were is evidence. Observed on the server: the entries that
    nobody touched.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    files.shell(f"seq -f 'entry-%05g' {ENTRIES} | {MAKE_FILES}", timeout=PATIENCE.recycle)
    one, other = two_hosts(shared)
    end = f"/tmp/{name}"
    other.begin(_CHURN.format(end=end))
    # What a listing has of the other host's files tells it from one that the client remembers.
    seen: set[tuple[str, ...]] = set()
    enough = time.monotonic() + PATIENCE.cached
    with evidence.step(f"list {ENTRIES} entries until {ROUNDS} listings were different"):
        while len(seen) < ROUNDS:
            if time.monotonic() > enough:
                raise EnvironmentFailure(f"the directory did not change while it was listed: {len(seen)} listings")
            listed, different, others = one.do(_LIST)
            seen.add(tuple(others))
            evidence.expect(listed == ENTRIES, "none that stays is missed or doubled", expected=ENTRIES, seen=listed)
            evidence.expect(different == ENTRIES, "each is there", expected=ENTRIES, seen=different)
    other_client.run(["touch", end]).must("tell the other host to end")
    changes = other.answer(PATIENCE.cached)
    evidence.expect(changes.error == "no error", "the other host met no error", expected="no error", seen=changes)
    evidence.attach("changes.txt", f"{changes.value} files made or removed meanwhile")
    left = files.count()
    evidence.expect(left == ENTRIES, "nothing else is left on the server", expected=ENTRIES, seen=left)
