"""NFSK8S-EXPORT-009"""

import pytest

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.faults.power import StoragePower
from fixtures.faults.writer import expect_all, on_disk
from fixtures.mount_options import mount_source
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Writing
from fixtures.servers.server import NfsServer

OPTIONS = ("wdelay", "no_wdelay")
BEFORE, AFTER = 100, 25
# $1 host:/path. Of the mount's requests: how many, and the milliseconds that one took, queueing included.
_FIGURES = """
awk -v mount="$1" '
$1 == "device" { ours = $2 == mount }
ours && /^[ \\t]*(WRITE|COMMIT):/ { printf "%s %d, %.1f ms each\\n", $1, $2, $2 ? $9 / $2 : 0 }
' /proc/self/mountstats
"""


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-EXPORT-009",
    level=SHOULD,
    cites=["exports(5)"],
    since="0.2",
    asks=["no_root_squash"],
    features=["write-gathering"],
    needs=["power-cut"],
    each_version=False,
)
def test_gathered_writes_survive_power_cut(
    *,
    export: Exporter,
    client: NfsClient,
    writing: Writing,
    power: StoragePower,
    nfs_server: NfsServer,
    evidence: Evidence,
) -> None:
    """Acknowledged writes survive a power cut with `wdelay` as with `no_wdelay`, and the commits and the latency of
    both are measured.

    A client makes and syncs change after change in an export of each kind. Observed on the client: the number of
    writes and commits and the milliseconds of one, then that both writers go on. Observed on the server: the effective
    option, and on its disk every acknowledged change.
    """
    writers = {}
    for option in OPTIONS:
        shared = export(f"rw,sync,{option},no_subtree_check,no_root_squash")
        effective = nfs_server.effective_options(shared)
        evidence.expect(option in effective, f"{option} is in effect", expected=option, seen=sorted(effective))
        writers[option] = (shared, writing(shared))
    with evidence.step(f"write and sync {BEFORE} changes in each export"):
        for _, writer in writers.values():
            writer.wait_for(BEFORE)
    for option, (shared, _) in writers.items():
        figures = (
            client.sh(_FIGURES, mount_source(nfs_server.endpoint, shared.path))
            .must("read the mount's statistics")
            .stdout
        )
        evidence.attach(f"requests-{option}.txt", figures)
        evidence.expect("WRITE:" in figures, f"requests with {option} are measured", expected="WRITE:", seen=figures)
    with evidence.step("cut the storage machine's power, switch it on again"), power.cut():
        pass
    with evidence.step(f"write and sync {AFTER} more in each export"):
        for _, writer in writers.values():
            writer.wait_for(AFTER)
    for option, (shared, writer) in writers.items():
        ledger = writer.stop()
        evidence.measure(f"longest pause of a writer with {option}", ledger.longest_pause, "s")
        expect_all(evidence, ledger, on_disk(ledger, nfs_server.files(shared)), f"on the server's disk with {option}")
