"""NFSK8S-VOLUME-004"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised

# Not in the order of their sizes: neither the first nor the last one made is the right one.
SIZES = ("20Gi", "8Gi", "3Gi", "12Gi")
WANTED = {"spec": {"resources": {"requests": {"storage": "6Gi"}}}}


@requirement(
    "NFSK8S-VOLUME-004",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding", "kubernetes/kubernetes#61839"],
    since="0.2",
    each_version=False,
)
def test_smallest_fitting_volume_is_taken(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A claim gets the smallest volume that fits.

    Observed in the cluster: with 20Gi, 8Gi, 3Gi and 12Gi Available a claim for 6Gi gets the 8Gi, and the others stay
    Available. Observed on the server: its pod's file in the export of the 8Gi.
    """
    exports = {size: export("rw,sync,no_subtree_check") for size in SIZES}
    volumes = {
        size: namespace.available_volume(one.path, size.lower(), {"spec": {"capacity": {"storage": size}}})
        for size, one in exports.items()
    }
    with evidence.step("claim 6Gi"), promised("the smallest volume that fits is bound"):
        namespace.create_claim("nfs-pvc-6gi", WANTED)
        namespace.wait_claim_bound("nfs-pvc-6gi")
    bound = namespace.claim("nfs-pvc-6gi")["spec"]["volumeName"]
    evidence.expect(bound == volumes["8Gi"], "the claim got the 8Gi", expected=volumes["8Gi"], seen=bound)
    phases = {size: namespace.volume(name)["status"]["phase"] for size, name in volumes.items() if size != "8Gi"}
    evidence.expect(
        set(phases.values()) == {"Available"}, "the others stay Available", expected="Available", seen=phases
    )

    with evidence.step("write into it"):
        probe("echo small > /data/file", claim="nfs-pvc-6gi")
    counts = {size: nfs_server.files(one).count() for size, one in exports.items()}
    wanted = {size: int(size == "8Gi") for size in SIZES}
    evidence.expect(counts == wanted, "the pod's file is in the export of the 8Gi", expected=wanted, seen=counts)
