"""NFSK8S-LOCK-008"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.clients.session import HANGS, NO_ERROR
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised

_LOCK = "file = open('lock', 'a+'); fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"
_WRITE = "file.write('{0}'); file.flush(); os.fsync(file.fileno())"


@requirement(
    "NFSK8S-LOCK-008",
    level=MUST,
    cites=["RFC 7530 section 9.6.3", "RFC 8881 section 8.4.3", "fcntl(2)"],
    since="0.3",
    asks=["no_root_squash", "own-clients"],
    versions=["4.0", "4.1", "4.2"],
    needs=["two-nodes", "fault-injection"],
)
def test_lost_lock_lets_nobody_write(
    *, export: Exporter, two_hosts: TwoHosts, other_client: NfsClient, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """A node that was away for longer than its lease and comes back does not write under a lock that another node got
    meanwhile.

    Two client hosts stand for the nodes; the one that holds the lock is cut off from the server until the other has
    got it, has written and has released it. Observed on the one that comes back: an error for what it writes under its
    old lock. Observed on the server: what the other wrote, and nothing else.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    other, returning = two_hosts(shared)
    returning.do(_LOCK)
    with other_client.cut_off(nfs_server.endpoint):
        with evidence.step("wait for the lock"), promised("the lock of a client that is cut off is released"):
            within = nfs_server.lease + PATIENCE.command
            other.wait_until_allowed(_LOCK, what="the lock of a client that is cut off", within=within)
        other.do(f"{_WRITE.format('other')}; file.close()")
    with evidence.step("write under the lost lock"):
        returning.begin(_WRITE.format("returning"))
        error = returning.answer(nfs_server.lease + PATIENCE.recovery, may_hang=True).error
    if error == HANGS:
        PATIENCE.must_have_been_enough("a write under a lost lock")
    told = error not in (NO_ERROR, HANGS)
    evidence.expect(told, "who lost its lock may not write", expected="an error, such as EIO", seen=error)
    stored = nfs_server.files(shared).read("lock")
    evidence.expect(stored == b"other", "nothing of it is on the server", expected=b"other", seen=stored)
