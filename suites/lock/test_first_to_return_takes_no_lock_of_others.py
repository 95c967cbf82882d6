"""NFSK8S-LOCK-006"""

import pytest

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer, Restartable
from fixtures.waiting.patience import PATIENCE

_OPEN = "file = open('lock', 'a+')"
_LOCK = "fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"
_WRITE = "file.write('holder'); file.flush(); os.fsync(file.fileno())"


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-LOCK-006",
    level=SHOULD,
    cites=["RFC 7530 section 9.6.2", "RFC 8881 section 8.4.2", "RFC 8881 section 10.2.1"],
    since="0.2",
    asks=["no_root_squash", "restart"],
    versions=["4.0", "4.1", "4.2"],
    needs=["two-nodes"],
)
def test_first_to_return_takes_no_lock_of_others(
    *,
    export: Exporter,
    two_hosts: TwoHosts,
    nfs_server: NfsServer,
    restartable: Restartable,
    evidence: Evidence,
) -> None:
    """A client that is the first to return after a restart of the server does not get a lock that another still has to
    reclaim.

    Two client hosts stand for the nodes; both have the file open. Observed on the one without the lock, which asks
    right after the restart: EAGAIN, once the holder has reclaimed. Observed on the holder, which is silent until then:
    it goes on under its lock. A server that gives the first a write delegation for the open that it reclaims has given
    away the lock too.
    """
    holder, other = two_hosts(export("rw,sync,no_subtree_check,no_root_squash"))
    holder.do(f"{_OPEN}; {_LOCK}")
    other.do(_OPEN)
    with evidence.step("restart the server"):
        restartable.restart()
    with evidence.step("try to lock on the other host"):
        seen = other.attempt(_LOCK, timeout=nfs_server.grace + PATIENCE.command).error
    evidence.expect(seen == "EAGAIN", "the lock waits for its holder", expected="EAGAIN", seen=seen)
    with evidence.step("write under the lock"):
        seen = holder.attempt(_WRITE, timeout=nfs_server.grace + PATIENCE.command).error
    evidence.expect(seen == "no error", "the holder goes on under its lock", expected="no error", seen=seen)
