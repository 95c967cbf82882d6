"""NFSK8S-VOLUME-020"""

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.engines.engine import EngineImages
from fixtures.kube.client import Document
from fixtures.kube.manifests import load, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import is_ready
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised

REPLICAS = ("nfs-replica-0", "nfs-replica-1")


@requirement(
    "NFSK8S-VOLUME-020",
    level=SHOULD,
    cites=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/",
        "https://kubernetes.io/docs/concepts/storage/storage-classes/",
    ],
    since="0.2",
    each_version=False,
)
def test_each_replica_keeps_its_volume(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, images: EngineImages, evidence: Evidence
) -> None:
    """The claim templates of a StatefulSet are bound to static volumes of its class, and each replica keeps its own.

    Observed in the cluster: a claim for each replica, bound to a volume of the class; the same volume after the pod was
    replaced. Observed on the server: each volume holds its replica's name, once for each of its two starts.
    """
    storage_class = namespace.create_storage_class("replicas")
    exports = {}
    for number in range(len(REPLICAS)):
        shared = export("rw,sync,no_subtree_check")
        volume = namespace.available_volume(shared.path, str(number), {"spec": {"storageClassName": storage_class}})
        exports[volume] = shared
    (document,) = load("nfs-stateful-set.yml")
    document["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] = storage_class
    with evidence.step("create the StatefulSet"), promised("every replica gets a volume and runs"):
        namespace.create(with_image(document, images.client))
        for name in REPLICAS:
            _wait_running(namespace, name)
    volumes = {name: namespace.claim(f"data-{name}")["spec"]["volumeName"] for name in REPLICAS}
    evidence.attach("volumes.txt", "\n".join(f"{name}: {volume}" for name, volume in volumes.items()))
    evidence.expect(
        set(volumes.values()) == set(exports), "each replica has a volume", expected=set(exports), seen=volumes
    )

    with evidence.step("replace both pods"), promised("every replica runs again"):
        for name in REPLICAS:
            before = _wait_running(namespace, name)["metadata"]["uid"]
            namespace.kube.delete("Pod", name, namespace.name)
            _wait_running(namespace, name, unlike=before)
    after = {name: namespace.claim(f"data-{name}")["spec"]["volumeName"] for name in REPLICAS}
    evidence.expect(after == volumes, "each replica keeps its claim's volume", expected=volumes, seen=after)
    for name, volume in volumes.items():
        starts = nfs_server.files(exports[volume]).read("starts").decode().splitlines()
        evidence.expect(starts == [name, name], f"the data of {name} is its own", expected=[name, name], seen=starts)


def _wait_running(namespace: Namespace, name: str, unlike: str = "") -> Document:
    """The replica once it is ready, and another pod than the one with the uid `unlike`."""

    def is_new(pod: Document) -> bool:
        return pod["metadata"]["uid"] != unlike and is_ready(pod)

    return namespace.kube.wait(
        "Pod",
        name,
        namespace.name,
        until=lambda pod: pod["metadata"]["uid"] != unlike and is_ready(pod),
        what="to be ready",
    )
