"""NFSK8S-EXPORT-008"""

import pytest

from certify.declare import INFORMATIVE, requirement
from certify.evidence import Evidence
from fixtures.faults.power import StoragePower
from fixtures.faults.writer import on_disk
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Writing
from fixtures.servers.server import NfsServer

CHANGES = 200


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-EXPORT-008",
    level=INFORMATIVE,
    cites=["exports(5)", "nfs-ganesha/nfs-ganesha#218"],
    since="0.2",
    asks=["export_options"],
    features=["async-export"],
    needs=["power-cut"],
    each_version=False,
)
def test_async_export_may_lose_what_it_acknowledged(
    export: Exporter, writing: Writing, power: StoragePower, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """An export with the option `async` may lose acknowledged writes in a power cut, and the loss is detected and
    reported as unsafe.

    A client syncs change after change, as for `sync`, and the storage machine loses its power. Observed on the
    server's disk: which of the acknowledged changes are not there.
    """
    shared = export("rw,async,no_subtree_check,no_root_squash")
    writer = writing(shared)
    with evidence.step(f"write and sync {CHANGES} changes"):
        writer.wait_for(CHANGES)
    with evidence.step("cut the storage machine's power, switch it on again"), power.cut():
        writer.halt()
    ledger = writer.stop()
    verdicts = on_disk(ledger, nfs_server.files(shared))
    verdict = "nothing was lost this time" if verdicts.clean else "unsafe: acknowledged changes are lost"
    evidence.attach("async.txt", f"{verdict}\n{verdicts}\nof {ledger.total} acknowledged\n")
    evidence.expect(
        not verdicts.clean,
        "the loss is detected",
        expected="acknowledged changes that are not on the disk",
        seen=str(verdicts),
    )
