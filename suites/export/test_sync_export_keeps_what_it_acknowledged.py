"""NFSK8S-EXPORT-007"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.faults.power import StoragePower
from fixtures.scenario.exports import Exporter
from fixtures.scenario.faults import Proof, Writing

BEFORE, AFTER = 200, 50


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-EXPORT-007",
    level=MUST,
    cites=[
        "exports(5)",
        "RFC 1813 section 4.8",
        "RFC 8881 section 18.3",
        "RFC 8881 section 18.32",
        "openzfs/zfs#8474",
        "marmos91/dittofs#1964",
        "juicedata/juicefs#7400",
    ],
    since="0.2",
    asks=["no_root_squash"],
    needs=["power-cut"],
)
def test_sync_export_keeps_what_it_acknowledged(
    export: Exporter, writing: Writing, power: StoragePower, all_there: Proof, evidence: Evidence
) -> None:
    """What an export with the option `sync` has acknowledged survives a power cut of the server.

    A client appends, creates, renames, writes past its page cache and through a mapping, syncs each change and notes
    it in a ledger of its own before it begins the next; the storage machine loses its power meanwhile. Observed on the
    client: it goes on when the server is back. Observed on the server's disk and by another client: every
    acknowledged change, none torn, doubled or in another order.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    writer = writing(shared)
    with evidence.step(f"write and sync {BEFORE} changes"):
        writer.wait_for(BEFORE)
    with evidence.step("cut the storage machine's power, switch it on again"), power.cut():
        pass
    with evidence.step(f"write and sync {AFTER} more"):
        writer.wait_for(AFTER)
    ledger = writer.stop()
    evidence.measure("longest pause of a writer", ledger.longest_pause, "s")
    all_there(shared, ledger)
