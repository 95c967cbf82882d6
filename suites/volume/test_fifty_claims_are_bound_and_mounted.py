"""NFSK8S-VOLUME-018"""

import time

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.clusters.cluster import Cluster
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import Document, load, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import UNTIL_ENDED
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised

_IN_TIME = 100  # volumes that a node mounts as soon as it starts a pod


@requirement(
    "NFSK8S-VOLUME-018",
    level=SHOULD,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding"],
    since="0.2",
    each_version=False,
)
def test_fifty_claims_are_bound_and_mounted(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    images: EngineImages,
    cluster: Cluster,
    many: tuple[str, ...],
    evidence: Evidence,
) -> None:
    """Fifty claims, or as many as `--scale` says, are bound and mounted without a failure, and the time is measured.

    Each volume is a directory of one export, and a pod on each node mounts its share of them. Observed in the cluster:
    every claim is Bound to a volume of its own, the pods run, and no mount failed on the way; the seconds are evidence.
    Observed on the server: the pods' file in each of the directories.
    """
    shared = export("rw,sync,no_subtree_check")
    files = nfs_server.files(shared)
    files.shell(f"mkdir -m 777 {' '.join(many)}")
    offered = [namespace.create_volume(f"{shared.path}/{name}", name)["metadata"]["name"] for name in many]
    for volume in offered:
        namespace.wait_volume(volume, "Available", PATIENCE.bind)
    began = time.monotonic()
    with evidence.step(f"bind {len(many)} claims"), promised(f"every one of {len(many)} claims is bound"):
        for name in many:
            namespace.create_claim(name)
        volumes = {namespace.wait_claim_bound(name)["spec"]["volumeName"] for name in many}
    bound = time.monotonic()
    evidence.expect(volumes == set(offered), "each has a volume of its own", expected=offered, seen=sorted(volumes))

    with evidence.step("mount all of them, on all nodes"), promised("pods with so many volumes run"):
        nodes = cluster.nodes[: len(many)]
        pods = [
            namespace.create_pod(_user(node.name, many[number :: len(nodes)], images.client))
            for number, node in enumerate(nodes)
        ]
        for pod in pods:
            pod.wait_running(PATIENCE.pod * max(1, len(many) // _IN_TIME))
    mounted = time.monotonic()
    evidence.attach("seconds.txt", f"bound: {bound - began:.1f}\nmounted: {mounted - bound:.1f}")

    wanted = [f"{name}/file" for name in many]
    with promised("a pod's file is in each of their directories"):
        eventually(
            lambda: [entry.path for entry in files.tree(3 * len(many)) if entry.file_type == "f"],
            until=lambda found: found == wanted,
            what=f"{len(many)} files on the server",
            within=PATIENCE.command,
        )
    failures = namespace.failed_mounts()
    evidence.expect(failures == [], "no mount failed on the way", expected=[], seen=failures)


def _user(node: str, claims: tuple[str, ...], image: str) -> Document:
    """A pod on a node that makes a file in the volume of each claim."""
    (document,) = load("nfs-probe.yml")
    document = with_image(document, image)
    document["metadata"]["name"] = f"user-of-{claims[0]}"
    spec = document["spec"]
    spec["nodeName"] = node
    spec["volumes"] = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    container = spec["containers"][0]
    container["volumeMounts"] = [{"name": name, "mountPath": f"/data/{name}"} for name in claims]
    container["command"] = ["sh", "-c", f"for one in /data/*; do touch $one/file || exit 1; done; {UNTIL_ENDED}"]
    return document
