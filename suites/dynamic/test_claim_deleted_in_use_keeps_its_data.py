"""NFSK8S-DYNAMIC-009"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic
from fixtures.waiting.patience import PATIENCE, eventually, promised

_CLAIM = "PersistentVolumeClaim"


@requirement(
    "NFSK8S-DYNAMIC-009",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection",
    ],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_claim_deleted_in_use_keeps_its_data(
    dynamic: Dynamic, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A claim that is deleted while a pod uses it keeps its data until the pod is gone, and then loses it.

    Observed in the cluster: the claim stays, Terminating, until the pod is gone; another one, deleted after it, which
    nobody uses, is gone with its volume by then. Observed in the pod: it reads and writes on. Observed on the server:
    what it wrote meanwhile, and no directory once all are gone.
    """
    classes = dynamic()
    made = classes.make("used")
    volume = classes.claim("used", made)
    classes.claim("unused", made)
    user = probe("echo before > /data/file", claim="used")
    with evidence.step("delete the claim in use, then one that nobody uses"):
        namespace.delete(_CLAIM, "used")
        classes.delete("unused")
    wrote = user.pod.sh("cat /data/file && echo after >> /data/file")
    evidence.expect(wrote.stdout == "before\n", "the pod goes on", expected="before", seen=wrote)
    stored = classes.files(volume).read("file")
    evidence.expect(stored == b"before\nafter\n", "its data is on the server", expected="before, after", seen=stored)
    found = namespace.kube.get(_CLAIM, "used", namespace.name)
    evidence.expect(found is not None, "the claim stays while it is used", expected="Terminating", seen=found)

    with evidence.step("delete the pod"), promised("claim and volume go when their user is gone"):
        user.pod.delete()
        namespace.kube.wait_gone(_CLAIM, "used", namespace.name, PATIENCE.gone)
        namespace.kube.wait_gone("PersistentVolume", volume["metadata"]["name"], within=PATIENCE.gone)
    place = classes.directory(volume)
    with promised("the data goes with its volume"):
        eventually(
            lambda: classes.left_of(place),
            until=lambda left: not left,
            what=f"the end of {place.path} on the server",
            within=PATIENCE.gone,
        )
