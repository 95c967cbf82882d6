"""NFSK8S-RECOVERY-015"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clusters.cluster import Restarts
from fixtures.engines.engine import EngineImages
from fixtures.faults.power import StoragePower
from fixtures.kube.manifests import load, merged, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import is_ready, restart_count
from fixtures.scenario.pods import Mounts, expect_new_write
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, DeadlineExceeded, eventually, promised


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-RECOVERY-015",
    level=MUST,
    cites=["kubernetes/kubernetes#101622", "kubernetes/kubernetes#122491", "kubernetes/kubelet#43"],
    since="0.3",
    asks=["no_root_squash", "own-nodes"],
    needs=["power-cut", "fault-injection"],
    each_version=False,
)
def test_kubelet_is_restarted_while_server_is_down(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    namespace: Namespace,
    images: EngineImages,
    mounts: Mounts,
    two_nodes: tuple[str, str],
    cluster_restarts: Restarts,
    power: StoragePower,
    evidence: Evidence,
) -> None:
    """A kubelet that is restarted while the server is down comes back, and its pods go on when the server does.

    A pod writes to its volume every few seconds. The storage machine loses its power; the kubelet of the pod's node is
    restarted before it has it again. Observed in the cluster: the kubelet renews its lease and knows the pod; in the
    end the pod is ready, the same container. Observed on the node: one mount of the volume. Observed on the server:
    what the pod writes again.
    """
    _, node = two_nodes
    given = claimed("rw,sync,no_subtree_check,no_root_squash")
    (document,) = load("nfs-probe-readiness.yml")
    changes = {"metadata": {"name": "writer"}, "spec": {"nodeName": node}}
    pod = namespace.create_pod(merged(with_image(document, images.client), changes))
    uid = pod.wait_running()["metadata"]["uid"]
    late = ""
    with evidence.step("cut the storage machine's power, restart the kubelet"), power.cut():
        try:
            cluster_restarts.restart_kubelet(node, knows=uid)
        except DeadlineExceeded as error:
            late = str(error)
    with promised("the pod is ready again when the server is back"):
        found = eventually(pod.require, until=is_ready, what="the pod to be ready again", within=PATIENCE.recovery)
    lines = mounts(found, given.volume)
    evidence.expect(len(lines) == 1, "its volume is mounted once", expected=1, seen=lines)
    expect_new_write(nfs_server.files(given.directory), pod.name)
    restarts = restart_count(pod.require())
    evidence.expect(restarts == 0, "it is the same container", expected=0, seen=restarts)
    if late:  # now that the node runs pods again, by which the world is timed
        PATIENCE.must_have_been_enough(late)
    evidence.expect(not late, "the kubelet came back while the server was down", expected="its lease", seen=late)
