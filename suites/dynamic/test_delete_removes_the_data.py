"""NFSK8S-DYNAMIC-002"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic
from fixtures.waiting.patience import promised


@requirement(
    "NFSK8S-DYNAMIC-002",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#delete",
        "kubernetes-csi/csi-driver-nfs#111",
        "kubernetes-sigs/nfs-subdir-external-provisioner#116",
    ],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_delete_removes_the_data(dynamic: Dynamic, probe: Prober, evidence: Evidence) -> None:
    """With the policy Delete the data of a claim is gone from the server with the claim.

    Observed in the cluster: claim and volume are gone. Observed on the server: the volume's directory, which had files
    of several users, one of them hidden and one in a directory that only its owner may read, is not there any more, nor
    another one beside it that has its name.
    """
    classes = dynamic()
    volume = classes.claim("short-lived", classes.make("deleted"))
    place = classes.directory(volume)
    user = probe(
        "cd /data && echo a > file && echo b > .hidden && mkdir -m 700 closed && echo c > closed/file &&"
        " chown -R 999:999 closed .hidden",
        claim="short-lived",
    )
    stored = classes.files(volume).count()
    evidence.expect(stored == 4, "the data is on the server", expected=4, seen=stored)
    user.pod.delete()
    with evidence.step("delete the claim"), promised("a volume goes with its claim"):
        classes.delete("short-lived")
    left = classes.left_of(place)
    evidence.expect(left == [], "its data is gone from the server", expected=f"nothing named {place.path}", seen=left)
