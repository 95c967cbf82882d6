"""NFSK8S-VOLUME-011"""

from certify.declare import INFORMATIVE, requirement
from certify.evidence import Evidence
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import load, merged, with_image
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised

REFUSED = "ReadWriteOncePod access mode"


@requirement(
    "NFSK8S-VOLUME-011",
    level=INFORMATIVE,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
        "kubernetes/kubernetes#60903",
        "kubernetes-csi/csi-driver-nfs#403",
    ],
    since="0.2",
    needs=["two-nodes"],
    each_version=False,
)
def test_modes_that_are_enforced_are_recorded(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    images: EngineImages,
    probe: Prober,
    two_nodes: tuple[str, str],
    evidence: Evidence,
) -> None:
    """ReadWriteOnce on NFS is not enforced between nodes, ReadWriteOncePod is by the scheduler: both are recorded.

    Observed on the server: files that two nodes wrote at the same time through one ReadWriteOnce claim. Observed in the
    cluster: the scheduler's event for a second pod with a ReadWriteOncePod claim.
    """
    once = export("rw,sync,no_subtree_check")
    volume = namespace.available_volume(once.path, "once", {"spec": {"accessModes": ["ReadWriteOnce"]}})
    namespace.create_claim("once", {"spec": {"accessModes": ["ReadWriteOnce"]}})
    namespace.wait_bound(volume, "once")
    with evidence.step("write from two nodes"):
        for node in two_nodes:
            probe(f"echo {node} > /data/{node}", name=f"on-{node}", claim="once", node=node)
    names = [entry.path for entry in nfs_server.files(once).tree()]
    evidence.expect(names == sorted(two_nodes), "ReadWriteOnce is not enforced", expected=sorted(two_nodes), seen=names)

    alone = {"spec": {"accessModes": ["ReadWriteOncePod"]}}
    volume = namespace.available_volume(export("rw,sync,no_subtree_check").path, "pod", alone)
    namespace.create_claim("pod", alone)
    namespace.wait_bound(volume, "pod")
    probe("touch /data/file", name="first", claim="pod")
    (document,) = load("nfs-probe.yml")
    document = merged(with_image(document, images.client), {"metadata": {"name": "second"}})
    document["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = "pod"
    with evidence.step("use a ReadWriteOncePod claim twice"), promised("the scheduler refuses the second pod"):
        second = namespace.create_pod(document)
        events = eventually(
            lambda: namespace.kube.events(namespace.name, second.name),
            until=lambda events: any(REFUSED in event for event in events),
            what="the scheduler's event about the second pod",
            within=PATIENCE.pod,
        )
    evidence.attach("scheduler-events.txt", "\n".join(events))
    phase = second.require()["status"]["phase"]
    evidence.expect(phase == "Pending", "ReadWriteOncePod is enforced", expected="Pending", seen=phase)
