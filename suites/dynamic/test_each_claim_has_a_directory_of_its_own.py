"""NFSK8S-DYNAMIC-001"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic
from fixtures.waiting.patience import promised

NAMES = ("one", "other")


@requirement(
    "NFSK8S-DYNAMIC-001",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/dynamic-provisioning/"],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_each_claim_has_a_directory_of_its_own(dynamic: Dynamic, probe: Prober, evidence: Evidence) -> None:
    """A claim of the class is given a new volume with a directory of its own, which is empty and can be written.

    Observed in the cluster: two claims are Bound, each to a volume of its own. Observed in their pods: an empty
    directory. Observed on the server: what each pod wrote is in the directory of its volume and in no other.
    """
    classes = dynamic()
    made = classes.make("plain")
    with evidence.step("claim two volumes"), promised("a claim of the class is given a volume"):
        volumes = {name: classes.claim(name, made) for name in NAMES}
    for name in NAMES:
        script = f"ls -A /data && echo {name} > /data/{name}"
        seen = probe(script, name=name, claim=name)
        evidence.expect((seen.code, seen.log) == (0, ""), "the volume is empty", expected="", seen=seen.log)
    for name, volume in volumes.items():
        found = {entry.path: classes.files(volume).read(entry.path) for entry in classes.files(volume).tree()}
        wanted = {name: f"{name}\n".encode()}
        evidence.expect(found == wanted, f"the directory of {name} has its data alone", expected=wanted, seen=found)
