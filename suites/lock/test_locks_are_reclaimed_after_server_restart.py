"""NFSK8S-LOCK-003"""

import time

import pytest

from certify.declare import MUST, requirement
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
    "NFSK8S-LOCK-003",
    level=MUST,
    cites=["RFC 7530 section 9.6.2", "RFC 8881 section 8.4.2", "NixOS/nixpkgs#311168"],
    since="0.2",
    asks=["no_root_squash", "restart"],
    versions=["4.0", "4.1", "4.2"],
    needs=["two-nodes"],
)
def test_locks_are_reclaimed_after_server_restart(
    *,
    export: Exporter,
    two_hosts: TwoHosts,
    restartable: Restartable,
    nfs_server: NfsServer,
    evidence: Evidence,
) -> None:
    """After a restart of the server a client reclaims its locks within the grace period, and goes on under them.

    Two client hosts stand for the nodes. Observed on the holder: it writes under its lock, and when it lets go of it
    the other gets it. Observed on the one without the lock, which has the file closed during the restart and so nothing
    to reclaim: what it asks for meanwhile is answered with EAGAIN, when the grace period is over or everybody has
    reclaimed, and the seconds until then. Observed on the server: what the holder wrote. NFSv3 is not asked: its
    clients are told of a boot of the server (sm-notify(8)), not of a restart of its service.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    holder, other = two_hosts(shared)
    holder.do(f"{_OPEN}; {_LOCK}")
    seen = other.attempt(f"{_OPEN}; {_LOCK}").error
    evidence.expect(seen == "EAGAIN", "the lock excludes before the restart", expected="EAGAIN", seen=seen)
    other.do("file.close()")

    with evidence.step("restart the server"):
        restartable.restart()
    began = time.monotonic()
    with evidence.step("write under the lock"):
        seen = holder.attempt(_WRITE, timeout=nfs_server.grace + PATIENCE.command).error
    evidence.expect(seen == "no error", "the holder goes on under its lock", expected="no error", seen=seen)
    with evidence.step("try to lock on the other host"):
        seen = other.attempt(f"{_OPEN}; {_LOCK}", timeout=nfs_server.grace + PATIENCE.command).error
    evidence.measure("answer to another lock after the restart", time.monotonic() - began, "s")
    evidence.expect(seen == "EAGAIN", "the holder has its lock again", expected="EAGAIN", seen=seen)
    stored = nfs_server.files(shared).read("lock")
    evidence.expect(stored == b"holder", "what it wrote is on the server", expected=b"holder", seen=stored)
    with evidence.step("let go of the lock, lock on the other host"):
        holder.do("fcntl.lockf(file, fcntl.LOCK_UN)")
        seen = other.attempt(_LOCK).error
    evidence.expect(seen == "no error", "the lock was the holder's alone", expected="no error", seen=seen)
