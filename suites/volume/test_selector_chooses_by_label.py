"""NFSK8S-VOLUME-007"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised


def _selecting(*shelves: str) -> dict[str, object]:
    entry = {"key": "shelf", "operator": "In", "values": list(shelves)}
    return {"spec": {"selector": {"matchExpressions": [entry]}}}


@requirement(
    "NFSK8S-VOLUME-007",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#selector"],
    since="0.2",
    each_version=False,
)
def test_selector_chooses_by_label(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A claim with a label selector is bound only to a volume whose labels match.

    Observed in the cluster: `matchLabels` takes the larger volume because of its label, `matchExpressions` with a
    value that no volume has finds nothing. Observed on the server: the pod's file in the chosen volume's export.
    """
    shared = export("rw,sync,no_subtree_check")
    left = {"metadata": {"labels": {"shelf": "left"}}}
    right = {"metadata": {"labels": {"shelf": "right"}}, "spec": {"capacity": {"storage": "50Gi"}}}
    other = namespace.available_volume(export("rw,sync,no_subtree_check").path, "left", left)
    chosen = namespace.available_volume(shared.path, "right", right)

    with evidence.step("claim from a shelf that is not there"), promised("the binder says that no label matches"):
        event = namespace.create_unbound_claim("nowhere", _selecting("top", "bottom"))
    evidence.attach("claim-event.txt", event)

    with evidence.step("claim from the right shelf"), promised("the claim is bound to the volume with the label"):
        namespace.create_claim("labelled", {"spec": {"selector": {"matchLabels": {"shelf": "right"}}}})
        namespace.wait_claim_bound("labelled")
    bound = namespace.claim("labelled")["spec"]["volumeName"]
    evidence.expect(bound == chosen, "the label decided, not the size", expected=chosen, seen=bound)
    phase = namespace.volume(other)["status"]["phase"]
    evidence.expect(phase == "Available", "the other volume stays Available", expected="Available", seen=phase)

    with evidence.step("write into it"):
        probe("echo right > /data/file", claim="labelled")
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"right\n", "the pod wrote into the chosen volume", expected=b"right\n", seen=stored)
