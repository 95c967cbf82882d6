"""NFSK8S-DYNAMIC-005"""

import posixpath

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.client import TRANSIENT
from fixtures.kube.namespace import Namespace
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic
from fixtures.storage.terms import ClassTerms
from fixtures.waiting.patience import PATIENCE, eventually

_REFUSED = " ProvisioningFailed "


@requirement(
    "NFSK8S-DYNAMIC-005",
    level=MUST,
    cites=["kubernetes/kubernetes#137797"],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_names_lead_to_nobody_elses_directory(
    dynamic: Dynamic, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """No name of a sub-directory leads a claim out of the provisioner's export or to the data of another claim.

    Classes ask for names with `..` in them, one of which comes back to the directory of another claim, and for that
    directory's own name. Observed in the cluster: such a claim is refused with an event, or its volume lies below the
    export in a directory that is not the other's. Observed on the server: once such claims are deleted the other's data
    is as it was.
    """
    classes = dynamic()
    owner = classes.claim("owner", classes.make("owner", ClassTerms(sub_dir="owner")))
    place = classes.directory(owner)
    probe("echo mine > /data/file", claim="owner")
    export, _, own = place.path.rpartition("/")
    before = classes.files(owner).tree()
    for number, name in enumerate(("../outside", f"x/../{own}", f"../{posixpath.basename(export)}/{own}", own)):
        claim = f"claim-{number}"
        classes.ask(claim, classes.make(f"name-{number}", ClassTerms(sub_dir=name)))
        with evidence.step(f"claim a volume named {name}"):
            refused = _outcome(namespace, claim)
        if not refused:
            found = posixpath.normpath(classes.directory(classes.bound(claim)).path)
            inside = found.startswith(f"{export}/") and found != place.path
            evidence.expect(inside, "the volume is a directory of its own in the export", expected=export, seen=found)
            classes.delete(claim)
        after = classes.files(owner).tree() if classes.is_there(place) else []
        evidence.expect(after == before, "the other claim's data is as it was", expected=before, seen=after)


def _outcome(namespace: Namespace, claim: str) -> str:
    """The event that refuses a claim; "" when it is bound."""

    def look() -> tuple[bool, str]:
        bound = namespace.claim(claim)["status"].get("phase") == "Bound"
        refusals = [event for event in namespace.kube.events(namespace.name, claim) if _REFUSED in event]
        return bound, refusals[-1] if refusals else ""

    what = f"claim {claim} to be bound or refused"
    bound, refusal = eventually(look, until=any, what=what, within=PATIENCE.bind, retry_on=TRANSIENT)
    return "" if bound else refusal
