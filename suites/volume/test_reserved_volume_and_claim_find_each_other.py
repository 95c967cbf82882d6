"""NFSK8S-VOLUME-005"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised

RESERVED, NAMING = "nfs-pvc-reserved", "nfs-pvc-naming"


@requirement(
    "NFSK8S-VOLUME-005",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume",
        "kubernetes/kubernetes#24682",
    ],
    since="0.2",
    each_version=False,
)
def test_reserved_volume_and_claim_find_each_other(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A volume reserved by its `claimRef` and a claim that names its `volumeName` are bound to each other only.

    Observed in the cluster: a stranger's claim finds nothing while the reserved volume is free; the claim that the
    volume names is bound to it; a claim that names the larger of two free volumes gets that one. Observed on the
    server: each claim's pod writes into the export of its own volume.
    """
    first = export("rw,sync,no_subtree_check")
    reference = {"spec": {"claimRef": {"namespace": namespace.name, "name": RESERVED}}}
    reserved = namespace.available_volume(first.path, "reserved", reference)
    with evidence.step("a stranger claims"), promised("the binder keeps a reserved volume from a stranger"):
        event = namespace.create_unbound_claim("nfs-pvc-stranger")
    evidence.attach("claim-event.txt", event)
    with evidence.step("the one it is reserved for claims"), promised("a reserved volume is bound to its claim"):
        namespace.create_claim(RESERVED)
        namespace.wait_bound(reserved, RESERVED)
    namespace.delete_claim("nfs-pvc-stranger")

    second = export("rw,sync,no_subtree_check")
    small = namespace.available_volume(export("rw,sync,no_subtree_check").path, "small")
    large = namespace.available_volume(second.path, "large", {"spec": {"capacity": {"storage": "50Gi"}}})
    with evidence.step("claim the larger volume by its name"), promised("a claim gets the volume that it names"):
        namespace.create_claim(NAMING, {"spec": {"volumeName": large}})
        namespace.wait_claim_bound(NAMING)
    bound = namespace.claim(NAMING)["spec"]["volumeName"]
    evidence.expect(bound == large, "the claim has the volume that it names", expected=large, seen=bound)
    owner = namespace.volume(large)["spec"]["claimRef"]["name"]
    evidence.expect(owner == NAMING, "the volume has the claim", expected=NAMING, seen=owner)
    phase = namespace.volume(small)["status"]["phase"]
    evidence.expect(phase == "Available", "the other volume stays Available", expected="Available", seen=phase)

    for claim, shared in ((RESERVED, first), (NAMING, second)):
        probe(f"echo {claim} > /data/file", name=claim, claim=claim)
        stored = nfs_server.files(shared).read("file").decode()
        evidence.expect(stored == f"{claim}\n", f"{claim} wrote into its volume", expected=claim, seen=stored)
