"""NFSK8S-VOLUME-002"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised

HUNDRED = {"spec": {"resources": {"requests": {"storage": "100Gi"}}}}


@requirement(
    "NFSK8S-VOLUME-002",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding"],
    since="0.2",
    each_version=False,
)
def test_claim_waits_for_large_volume(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A claim for 100Gi stays Pending until a volume of 100Gi appears, and is then bound to it.

    Observed in the cluster: the binder's event that it found nothing although a volume of 5Gi was Available, then the
    binding to the large one, while the small one stays Available. Observed on the server: a pod with the claim writes
    into the large volume's export.
    """
    small = namespace.available_volume(export("rw,sync,no_subtree_check").path, "5gi")
    with evidence.step("claim 100Gi"), promised("the binder says that no volume is large enough"):
        event = namespace.create_unbound_claim("nfs-pvc-large", HUNDRED)
    evidence.attach("claim-event.txt", event)
    phase = namespace.claim("nfs-pvc-large")["status"]["phase"]
    evidence.expect(phase == "Pending", "the claim is Pending", expected="Pending", seen=phase)

    shared = export("rw,sync,no_subtree_check")
    with evidence.step("offer a volume of 100Gi"), promised("the claim is bound once a volume is large enough"):
        large = namespace.create_volume(shared.path, "100gi", {"spec": {"capacity": {"storage": "100Gi"}}})
        namespace.wait_bound(large["metadata"]["name"], "nfs-pvc-large")
    given = namespace.claim("nfs-pvc-large")["status"]["capacity"]["storage"]
    evidence.expect(given == "100Gi", "the claim has the large volume's capacity", expected="100Gi", seen=given)
    phase = namespace.volume(small)["status"]["phase"]
    evidence.expect(phase == "Available", "the small volume is still Available", expected="Available", seen=phase)

    with evidence.step("write into it"):
        probe("echo large > /data/file", claim="nfs-pvc-large")
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"large\n", "the pod wrote into the large volume", expected=b"large\n", seen=stored)
