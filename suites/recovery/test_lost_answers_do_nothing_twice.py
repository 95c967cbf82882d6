"""NFSK8S-RECOVERY-016"""

import time

from certify.declare import MUST, requirement
from certify.errors import EnvironmentFailure
from certify.evidence import Evidence
from fixtures.clients.host import Mounted, NfsClient
from fixtures.faults.network import answers_lost
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised

PROCESSES, BREAKS, CHANGES = 4, 5, 100
_BREAK = 0.3  # seconds
# Each change is refused when it is made a second time; of each round a file stays. Every process has a folder of its
# own: in one folder a client asks for one change after another.
_WORK = """
refused, number = [], 0
os.mkdir('{me}')
os.chdir('{me}')
while not os.path.exists('{stop}'):
    for change in (
        lambda: os.close(os.open(f'made-{{number}}', os.O_CREAT | os.O_EXCL)),
        lambda: os.link(f'made-{{number}}', f'linked-{{number}}'),
        lambda: os.rename(f'linked-{{number}}', f'kept-{{number}}'),
        lambda: os.unlink(f'made-{{number}}'),
        lambda: os.mkdir(f'folder-{{number}}'),
        lambda: os.rmdir(f'folder-{{number}}'),
    ):
        try:
            change()
        except OSError as error:
            refused.append(str(error))
    number += 1
number, refused
"""
# $1 the mount. It is not waited for: its answer comes when the server is heard again.
_SEND = 'stat --file-system "$1" > /dev/null 2>&1 &'
# $1 host:/path. Of the mount's requests that change something: how many, and how many of them were sent again.
_COUNT = """
awk -v mount="$1" '
$1 == "device" { ours = $2 == mount }
ours && /^[ \\t]*(OPEN|CREATE|LINK|RENAME|REMOVE|MKDIR|RMDIR):/ { made += $2; again += $3 - $2 }
END { print made + 0, again + 0 }
' /proc/self/mountstats
"""


@requirement(
    "NFSK8S-RECOVERY-016",
    level=MUST,
    cites=["RFC 8881 section 2.10.6"],
    since="0.3",
    asks=["no_root_squash", "own-clients"],
    versions=["4.1", "4.2"],
    needs=["fault-injection"],
)
def test_lost_answers_do_nothing_twice(
    *, export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, name: str, evidence: Evidence
) -> None:
    """A request whose answer is lost with its connection is sent again, and the server does it once.

    Older versions have no sessions, and a server knows a request again only while the client keeps its port. Processes
    of a client make, link, rename and remove files and directories, while what the server answers is lost and the
    connection breaks, again and again. Observed on the client: requests that were sent twice, and no change that was
    refused because it had been made already. Observed on the server: the files that stay, and no others.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    workers = [client.session(mounted.path) for _ in range(PROCESSES)]
    stop = f"/tmp/{name}-stop"
    for number, worker in enumerate(workers):
        worker.begin(_WORK.format(stop=stop, me=number))
    for number in range(BREAKS):
        _wait_for_changes(client, mounted)
        with evidence.step(f"lose the server's answers, {number + 1}"), answers_lost(client, nfs_server.endpoint):
            client.sh(_SEND, mounted.path).must("send something, which breaks the connection")
            time.sleep(_BREAK)
    _wait_for_changes(client, mounted)
    client.run(["touch", stop]).must("have the processes stop")
    done = [worker.answer(PATIENCE.recovery).value for worker in workers]
    client.run(["rm", stop]).must("remove what the processes were stopped with")
    made, again = _count(client, mounted)
    evidence.measure("requests sent again", again, "requests")
    if not again:
        raise EnvironmentFailure(f"in {BREAKS} breaks of the connection none of {made} requests had to be sent again")

    refused = [line for _, lines in done for line in lines]
    evidence.expect(refused == [], "nothing is refused because it was made already", expected=[], seen=refused[:10])
    kept = {f"./{worker}/kept-{number}" for worker, (rounds, _) in enumerate(done) for number in range(rounds)}
    stored = set(nfs_server.files(shared).shell("find . -mindepth 2").split())
    differ = sorted(kept ^ stored)
    evidence.expect(differ == [], f"{len(kept)} files stay on the server, and no others", expected=[], seen=differ[:10])


def _wait_for_changes(client: NfsClient, mounted: Mounted) -> None:
    wanted = _count(client, mounted)[0] + CHANGES
    with promised("a client goes on when it hears the server again"):
        eventually(
            lambda: _count(client, mounted)[0],
            until=lambda made: made >= wanted,
            what=f"{CHANGES} more changes",
            within=PATIENCE.recovery,
        )


def _count(client: NfsClient, mounted: Mounted) -> tuple[int, int]:
    made, again = client.sh(_COUNT, mounted.source).must("count the client's requests").stdout.split()
    return int(made), int(again)
