"""NFSK8S-LOCK-002"""

import time

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised

_LOCK = "file = open('lock', 'a+'); fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"
_RENEW = "open('alive', 'x').close()"  # every request does
_TICK = 1  # seconds: servers count a lease in whole ones


@requirement(
    "NFSK8S-LOCK-002",
    level=MUST,
    cites=["RFC 7530 section 9.6.1", "RFC 8881 section 8.4.1", "oracle/docker-images#2032"],
    since="0.2",
    asks=["no_root_squash", "own-clients"],
    versions=["4.0", "4.1", "4.2"],
    needs=["two-nodes", "fault-injection"],
)
def test_dead_clients_locks_are_released(
    export: Exporter, two_hosts: TwoHosts, other_client: NfsClient, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """The locks of a client that dies are released when its lease has expired, not before, and the time is measured.

    Two client hosts stand for the nodes; the one that dies is cut off from the server for good, as a node that lost
    its power is. Observed on the other: EAGAIN at first, then the lock, and the seconds between the holder's last
    request, which renewed its lease, and that. Observed on the server: what the survivor writes under the lock.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    survivor, dying = two_hosts(shared)
    dying.do(_LOCK)
    seen = survivor.attempt(_LOCK).error
    evidence.expect(seen == "EAGAIN", "the lock excludes while its owner lives", expected="EAGAIN", seen=seen)

    renewed = time.monotonic()  # or a little later
    dying.do(_RENEW)
    with other_client.cut_off(nfs_server.endpoint):
        seen = survivor.attempt(_LOCK).error
        evidence.expect(seen == "EAGAIN", "it still does right after its owner's death", expected="EAGAIN", seen=seen)
        with evidence.step("wait for the lock"), promised("a dead client's lock is released"):
            within = nfs_server.lease + PATIENCE.command
            survivor.wait_until_allowed(_LOCK, what="the lock of a client that is cut off", within=within)
        lasted = time.monotonic() - renewed
        evidence.measure("lock of a dead client", lasted, "s")
        evidence.expect(
            lasted >= nfs_server.lease - _TICK,
            "the lock is its owner's until the lease has expired",
            expected=f"{nfs_server.lease:g} s",
            seen=f"{lasted:.1f} s",
        )
        survivor.do("file.write('survivor'); file.flush(); os.fsync(file.fileno())")
    stored = nfs_server.files(shared).read("lock")
    evidence.expect(stored == b"survivor", "the survivor writes under it", expected=b"survivor", seen=stored)
