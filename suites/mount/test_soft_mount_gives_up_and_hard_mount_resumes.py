"""NFSK8S-MOUNT-008"""

import time

from certify.declare import INFORMATIVE, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE

OUTAGE = 30  # seconds
# Both give up on one answer after the same time, 2, 4 and 6 seconds; what they do then is what differs.
_TIMERS = "timeo=20,retrans=2"
_OPEN = "file = open({name!r}, 'w')"
_WRITE = "file.write('written in the outage'); file.flush(); os.fsync(file.fileno())"


@requirement(
    "NFSK8S-MOUNT-008",
    level=INFORMATIVE,
    cites=["nfs(5)", "longhorn/longhorn#6655"],
    since="0.2",
    asks=["no_root_squash", "own-clients"],
    needs=["fault-injection"],
)
def test_soft_mount_gives_up_and_hard_mount_resumes(
    *,
    export: Exporter,
    client: NfsClient,
    other_client: NfsClient,
    nfs_server: NfsServer,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """Through an outage of 30 seconds a soft mount answers EIO and a hard mount resumes, and both are recorded.

    Two client hosts that are cut off from the server write and fsync, one through a soft mount, the other through a
    hard one with the same timers. Observed on them: EIO before the outage ends, and no answer until it has ended, then
    success, with the seconds of both. Observed on the server: the data of the hard mount. Whether it has what the soft
    mount gave up too is recorded, not judged: a request that waits in the client's TCP queue may still arrive.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    server = nfs_server.endpoint
    sessions = {}
    for kind, host in (("soft", client), ("hard", other_client)):
        mounted = host.mount(server, shared.path, version=nfs_version, options=f"{kind},{_TIMERS}")
        evidence.attach("proc-mounts.txt", mounted.line)
        sessions[kind] = host.session(mounted.path)
        sessions[kind].do(_OPEN.format(name=kind))

    with evidence.step(f"cut both off for {OUTAGE} s"), client.cut_off(server), other_client.cut_off(server):
        began = time.monotonic()
        sessions["hard"].begin(_WRITE)
        soft = sessions["soft"].attempt(_WRITE, timeout=OUTAGE)
        gave_up = time.monotonic() - began
        meanwhile = sessions["hard"].answer(timeout=max(OUTAGE - gave_up, 1), may_hang=True)
        outage = time.monotonic() - began
    evidence.expect(soft.error == "EIO", "the soft mount gives up in the outage", expected="EIO", seen=soft.error)
    seen = meanwhile.error
    evidence.expect(seen == "no answer", "the hard mount waits as long as it lasts", expected="no answer", seen=seen)
    with evidence.step("wait for the hard mount"):
        hard = sessions["hard"].answer(timeout=PATIENCE.lease)
    resumed = time.monotonic() - began - outage
    evidence.measure("the soft mount gave up", gave_up, "s")
    evidence.measure("the hard mount went on after the outage", resumed, "s")
    evidence.expect(hard.error == "no error", "the hard mount resumes", expected="no error", seen=hard.error)
    stored = {entry.path: entry.size for entry in nfs_server.files(shared).tree()}
    evidence.attach("bytes-on-the-server.txt", "".join(f"{kind}: {stored[kind]}\n" for kind in sessions))
    wanted = len("written in the outage")
    size = stored["hard"]
    evidence.expect(size == wanted, "the server has what the hard mount wrote", expected=wanted, seen=size)
