"""NFSK8S-RECOVERY-003"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.faults.power import StoragePower
from fixtures.faults.writer import Writer, expect_all, on_disk
from fixtures.kube.pod import restart_count
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer

BEFORE, AFTER = 100, 50


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-RECOVERY-003",
    level=MUST,
    cites=["RFC 1813 section 4.8", "RFC 8881 section 8.4.2", "marmos91/dittofs#1964"],
    since="0.2",
    asks=["no_root_squash"],
    needs=["power-cut"],
)
def test_pods_go_on_after_power_cut(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    probe: Prober,
    two_nodes: tuple[str, str],
    power: StoragePower,
    evidence: Evidence,
) -> None:
    """I/O goes on after a power cut of the storage machine, and nothing acknowledged is lost.

    Pods on two nodes make and sync change after change in one volume; each notes them on its own disk. Observed in the
    cluster: the same containers go on, without an error. Observed on the server's disk: every change that was
    acknowledged to either.
    """
    shared = claimed("rw,sync,no_subtree_check,no_root_squash").directory
    files = nfs_server.files(shared)
    pods = {}
    for folder, node in zip(("left", "right"), two_nodes, strict=True):
        files.mkdir(folder, mode=0o777)
        pods[folder] = probe("true", name=folder, node=node).pod
    writers = {folder: Writer(pod.sh, f"/data/{folder}") for folder, pod in pods.items()}
    with evidence.step(f"write and sync {BEFORE} changes on each node"):
        for writer in writers.values():
            writer.wait_for(BEFORE)
    with evidence.step("cut the storage machine's power, switch it on again"), power.cut():
        pass
    with evidence.step(f"write and sync {AFTER} more on each node"):
        for writer in writers.values():
            writer.wait_for(AFTER)
    for folder, writer in writers.items():
        ledger = writer.stop()
        evidence.measure(f"longest pause of the {folder} writer", ledger.longest_pause, "s")
        restarts = restart_count(pods[folder].require())
        evidence.expect(restarts == 0, f"the container of {folder} is the same", expected=0, seen=restarts)
        expect_all(evidence, ledger, on_disk(ledger, files, folder), f"of {folder} on the server's disk")
