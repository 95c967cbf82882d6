"""NFSK8S-VOLUME-013"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised


@requirement(
    "NFSK8S-VOLUME-013",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#retain",
        "kubernetes/kubernetes#24682",
        "kubernetes-csi/csi-driver-nfs#257",
    ],
    since="0.2",
    each_version=False,
)
def test_released_volume_is_not_given_away(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, evidence: Evidence
) -> None:
    """A Released volume is not given to another claim.

    Observed in the cluster: after its claim is gone neither a claim of another name nor one of the same name is bound
    to it, by the binder's own event; it stays Released and remembers the old claim. Observed on the server: the old
    claim's data, untouched.
    """
    shared = export("rw,sync,no_subtree_check")
    files = nfs_server.files(shared)
    volume, claim = namespace.bound_volume(shared.path, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})
    first = namespace.claim(claim)["metadata"]["uid"]
    files.write("secret", b"of the first claim\n")
    with evidence.step("delete the claim"), promised("the volume of a deleted claim is Released"):
        namespace.delete_claim(claim)
        namespace.wait_volume(volume, "Released", PATIENCE.bind)

    for name in ("nfs-pvc-other", claim):
        with evidence.step(f"claim as {name}"), promised(f"the binder finds nothing for {name}"):
            event = namespace.create_unbound_claim(name)
        evidence.attach("claim-event.txt", event)
        phase = namespace.claim(name)["status"]["phase"]
        evidence.expect(phase == "Pending", f"the claim {name} is not bound", expected="Pending", seen=phase)
    document = namespace.volume(volume)
    phase = document["status"]["phase"]
    evidence.expect(phase == "Released", "the volume is still Released", expected="Released", seen=phase)
    owner = document["spec"]["claimRef"]["uid"]
    evidence.expect(owner == first, "it still belongs to the first claim", expected=first, seen=owner)
    stored = files.read("secret")
    evidence.expect(
        stored == b"of the first claim\n", "the data is untouched", expected="of the first claim", seen=stored
    )
