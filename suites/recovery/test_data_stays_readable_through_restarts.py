"""NFSK8S-RECOVERY-007"""

from collections.abc import Callable
from functools import partial

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clusters.cluster import Restarts
from fixtures.engines.engine import EngineImages
from fixtures.kube.client import Document
from fixtures.kube.manifests import load, merged, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import is_ready, restart_count
from fixtures.scenario.pods import Mounts, NodeMount
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-RECOVERY-007",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/", "kubernetes/kubernetes#28885"],
    since="0.2",
    asks=["no_root_squash", "own-nodes"],
    needs=["fault-injection"],
    each_version=False,
)
def test_data_stays_readable_through_restarts(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    namespace: Namespace,
    images: EngineImages,
    node_mount: NodeMount,
    mounts: Mounts,
    two_nodes: tuple[str, str],
    cluster_restarts: Restarts,
    evidence: Evidence,
) -> None:
    """Data stays readable through restarts of the kubelet, of a node and of the controller manager, and volumes are
    unmounted cleanly afterwards.

    A pod reads a file after each restart and adds a line to another. Observed in the cluster: the file's content; the
    same container after the kubelet's and the controller manager's restart, a new one of the same pod after the
    node's. Observed on the node: one mount of the volume, and none when the pod is deleted. Observed on the server:
    every line.
    """
    _, node = two_nodes
    given = claimed("rw,sync,no_subtree_check,no_root_squash")
    shared, volume = given.directory, given.volume
    files = nfs_server.files(shared)
    files.write("file", b"kept\n")
    (document,) = load("nfs-probe-readiness.yml")
    changes = {"metadata": {"name": "reader"}, "spec": {"nodeName": node}}
    pod = namespace.create_pod(merged(with_image(document, images.client), changes))
    uid = pod.wait_running()["metadata"]["uid"]

    parts: dict[str, tuple[Callable[[], None], int]] = {
        "kubelet": (partial(cluster_restarts.restart_kubelet, node), 0),
        "controller manager": (cluster_restarts.restart_controller_manager, 0),
        "node": (partial(cluster_restarts.restart_node, node), 1),
    }
    for part, (restart, ends) in parts.items():
        with evidence.step(f"restart the {part}"):
            restart()
        with promised(f"the pod is ready after a restart of the {part}"):
            found = eventually(
                pod.require,
                until=partial(_is_back, restarts=ends),
                what=f"the pod to be ready, its container restarted {ends} times",
                within=PATIENCE.recovery,
            )
        now = found["metadata"]["uid"]
        evidence.expect(now == uid, "it is the same pod", expected=uid, seen=now)
        node_mount(found, volume)
        count = len(mounts(found, volume))
        evidence.expect(count == 1, f"one mount after a restart of the {part}", expected=1, seen=count)
        script = f"cat /data/file && echo {part} >> /data/restarts && sync /data/restarts"
        read = pod.sh(script)
        kept = read.ok and read.stdout == "kept\n"
        evidence.expect(kept, f"the pod reads and writes after a restart of the {part}", expected="kept", seen=read)
        ended = restart_count(pod.require())
        evidence.expect(ended == ends, f"containers ended by a restart of the {part}", expected=ends, seen=ended)

    with evidence.step("delete the pod"):
        pod.delete()
    with promised("the node unmounts the volume of the deleted pod"):
        eventually(
            lambda: mounts(found, volume),
            until=lambda lines: not lines,
            what="the node to unmount its volume",
            within=PATIENCE.gone,
        )
    stored = files.read("restarts").decode().splitlines()
    evidence.expect(stored == list(parts), "the server has a line of each", expected=list(parts), seen=stored)


def _is_back(pod: Document, restarts: int) -> bool:
    return is_ready(pod) and restart_count(pod) >= restarts
