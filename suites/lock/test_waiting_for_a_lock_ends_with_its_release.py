"""NFSK8S-LOCK-007"""

import time

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.session import HANGS, NO_ERROR
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE

HAND_OVERS = 10
_HELD = 0.5  # seconds: long enough for the other host to ask for the lock meanwhile
_SOON = 20  # seconds: a Linux client that nobody tells asks by itself, every 30
_WAIT = "file = open('lock', 'a+'); fcntl.lockf(file, fcntl.LOCK_EX)"


@requirement(
    "NFSK8S-LOCK-007",
    level=MUST,
    cites=["fcntl(2)", "RFC 7530 section 9.4", "RFC 8881 section 9.6", "nfs-ganesha/nfs-ganesha#397"],
    since="0.3",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_waiting_for_a_lock_ends_with_its_release(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """Who waits for a lock has it soon after its owner on another node releases it, again and again.

    Two client hosts stand for the nodes. Observed on them: ten times one holds a lock that the other waits for, in
    turns, and has not got before; the longest wait after a release is measured, and is shorter than a client sleeps
    that nobody tells. Observed on the server: what each wrote under the lock, in that order.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    holder, waiter = two_hosts(shared)
    holder.do(_WAIT)
    patience = nfs_server.lease + PATIENCE.command
    waits = []
    for number in range(HAND_OVERS):
        with evidence.step(f"hand-over {number + 1}"):
            waiter.begin(_WAIT)
            early = waiter.answer(_HELD, may_hang=True).error
            evidence.expect(early != NO_ERROR, "who waits has no lock that is held", expected=HANGS, seen=early)
            holder.do(f"file.write('{number} '); file.flush(); os.fsync(file.fileno()); file.close()")
            began = time.monotonic()
            answer = waiter.answer(patience, may_hang=True).error
        waits.append(time.monotonic() - began)
        if answer == HANGS:
            PATIENCE.must_have_been_enough("a lock that is waited for")
        evidence.expect(answer == NO_ERROR, "who waits gets the lock", expected=f"within {patience:g} s", seen=answer)
        holder, waiter = waiter, holder
    evidence.measure("longest wait for a lock after its release", max(waits), "s")
    if max(waits) >= _SOON:
        PATIENCE.must_have_been_enough("a lock soon after its release")
    longest = f"{max(waits):.1f} s"
    evidence.expect(max(waits) < _SOON, "each gets it soon", expected=f"less than {_SOON} s", seen=longest)
    holder.do("file.close()")
    stored = nfs_server.files(shared).read("lock").decode().split()
    wanted = [str(number) for number in range(HAND_OVERS)]
    evidence.expect(stored == wanted, "each wrote under the lock in its turn", expected=wanted, seen=stored)
