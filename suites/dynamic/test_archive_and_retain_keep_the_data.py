"""NFSK8S-DYNAMIC-004"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic
from fixtures.servers.server import Export, NfsServer
from fixtures.storage.terms import ARCHIVE, RETAIN, ClassTerms
from fixtures.waiting.patience import promised


@pytest.mark.parametrize("then", [ARCHIVE, RETAIN])
@requirement(
    "NFSK8S-DYNAMIC-004",
    level=MUST,
    cites=[
        "kubernetes-csi/csi-driver-nfs#522",
        "kubernetes-sigs/nfs-subdir-external-provisioner#340",
        "kubernetes-sigs/nfs-subdir-external-provisioner#363",
    ],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_archive_and_retain_keep_the_data(
    dynamic: Dynamic, nfs_server: NfsServer, probe: Prober, evidence: Evidence, then: str
) -> None:
    """A class whose provisioner is to archive or retain the directories of deleted claims does that.

    Observed in the cluster: claim and volume are gone. Observed on the server: the data, in its directory where it is
    retained, and where it is archived under another name beside it, with nothing left under the old one.
    """
    classes = dynamic()
    volume = classes.claim("kept", classes.make(then, ClassTerms(then)))
    place = classes.directory(volume)
    probe("echo kept > /data/file && chown 999:999 /data/file", claim="kept").pod.delete()
    before = classes.files(volume).tree()
    with evidence.step("delete the claim"), promised("a volume goes with its claim"):
        classes.delete("kept")

    found = classes.left_of(place)
    evidence.attach("server-side.txt", "\n".join(found))
    evidence.expect(len(found) == 1, f"a directory is there that was {place.path}", expected=1, seen=found)
    kept = found[0] == place.path
    evidence.expect(kept == (then == RETAIN), "its name says what became of it", expected=then, seen=found[0])
    after = nfs_server.files(Export("kept", found[0], "")).tree()
    evidence.expect(after == before, "the data is as it was", expected=before, seen=after)
