"""NFSK8S-RECOVERY-008"""

import time

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.faults.power import StoragePower
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.connections import OwnAddresses
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer, Restartable
from fixtures.waiting.patience import PATIENCE

_LOCK = "{name} = open('{name}', 'a+'); fcntl.lockf({name}, fcntl.LOCK_EX | fcntl.LOCK_NB)"


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-RECOVERY-008",
    level=MUST,
    cites=["RFC 7530 section 9.6.2", "RFC 8881 section 8.4.2", "nfs.conf(5)", "NixOS/nixpkgs#311168"],
    since="0.2",
    asks=["no_root_squash", "restart", "addresses"],
    needs=["two-nodes", "fault-injection", "power-cut"],
)
def test_new_locks_wait_for_the_grace_period(
    *,
    export: Exporter,
    client: NfsClient,
    two_hosts: TwoHosts,
    own_addresses: OwnAddresses,
    nfs_server: NfsServer,
    restartable: Restartable,
    power: StoragePower,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """After a restart of the server new locks wait for the end of the grace period and reclaims succeed, and its
    seconds are measured.

    Two client hosts stand for the nodes; one holds a lock when the server restarts, on NFSv3 when its machine boots:
    there clients are not told of less. Observed on the other, which asks for that lock at once, and for one that
    nobody held: the first is refused, the other given, and the seconds that it waited. Observed on the server: what
    the holder writes under its lock afterwards.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    # Whether an empty file outlives a power cut is not what is asked here: both are on the disk.
    nfs_server.files(shared).shell("touch held free; sync held free")
    if nfs_version == "3":  # clients are told of a boot at the address that the server knows
        own_addresses(client)
    holder, other = two_hosts(shared)
    holder.do(_LOCK.format(name="held"))
    if nfs_version == "3":  # NFSv3 tells clients of a boot alone, sm-notify(8)
        with evidence.step("cut the storage machine's power, switch it on again"), power.cut():
            pass
    else:
        with evidence.step("restart the server"):
            restartable.restart()
    began = time.monotonic()
    patience = nfs_server.grace + PATIENCE.command
    # The held one first: who is given it before its holder has come back would not be refused it later.
    with evidence.step("take both locks on the other host"):
        refused = other.attempt(_LOCK.format(name="held"), timeout=patience).error
        taken = other.attempt(_LOCK.format(name="free"), timeout=patience).error
    evidence.measure("new lock after the restart", time.monotonic() - began, "s")
    evidence.expect(refused == "EAGAIN", "the held lock is its holder's", expected="EAGAIN", seen=refused)
    evidence.expect(taken == "no error", "a new lock is given in the end", expected="no error", seen=taken)
    holder.do("held.write('mine'); held.flush(); os.fsync(held.fileno())")
    stored = nfs_server.files(shared).read("held")
    evidence.expect(stored == b"mine", "the holder writes under its lock", expected=b"mine", seen=stored)
