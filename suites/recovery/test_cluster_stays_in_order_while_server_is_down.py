"""NFSK8S-RECOVERY-006"""

import datetime
import time

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.engines.engine import EngineImages
from fixtures.faults.power import StoragePower
from fixtures.kube.manifests import load, merged, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.nodes import last_sign_of_life, ready_since
from fixtures.kube.pod import Pod, ended_with, is_ready, restart_count
from fixtures.scenario.pods import Mounts, expect_new_write
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised

# A node is called NotReady whose kubelet is silent for 50 s, or busy with one look at its pods for 180 s.
OUTAGE = 200  # seconds


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-RECOVERY-006",
    level=MUST,
    cites=[
        "kubernetes/kubernetes#31272",
        "kubernetes/kubernetes#72048",
        "kubernetes/kubernetes#74135",
        "kubernetes/kubernetes#90593",
        "kubernetes/kubernetes#123960",
    ],
    since="0.2",
    asks=["no_root_squash"],
    needs=["power-cut"],
    each_version=False,
)
def test_cluster_stays_in_order_while_server_is_down(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    namespace: Namespace,
    images: EngineImages,
    mounts: Mounts,
    two_nodes: tuple[str, str],
    power: StoragePower,
    evidence: Evidence,
) -> None:
    """While the server is down, pod deletion, kubelet and probes stay bounded and the node stays Ready, and after its
    return everything is cleaned up.

    Two pods use a volume when the storage machine loses its power for minutes; one of them is deleted meanwhile.
    Observed in the cluster: both pods' probes are ended and call them unready, then the container of the one that is
    deleted ends, a pod without a volume starts, the kubelet renews its node's lease, which was Ready all the time;
    afterwards the deleted pod is gone and the other ready, never restarted. Observed on the node: the deleted pod's
    volume is not mounted. Observed on the server: what the other's probe writes again.
    """
    _, node = two_nodes
    given = claimed("rw,sync,no_subtree_check,no_root_squash")
    shared, volume = given.directory, given.volume
    deleted, kept = (_pod(namespace, images, name, node) for name in ("deleted", "kept"))
    document = deleted.wait_running()
    kept.wait_running()
    ready = ready_since(namespace.kube, node)

    with evidence.step(f"cut the storage machine's power for {OUTAGE} s"), power.cut():
        over = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=OUTAGE)
        with promised("the kubelet ends a probe that waits for the server"):
            eventually(
                lambda: [is_ready(pod.require()) for pod in (deleted, kept)],
                until=lambda ready: not any(ready),
                what="both pods to be unready",
                within=PATIENCE.recovery,
            )
        namespace.delete("Pod", deleted.name)
        bare = _pod(namespace, images, "bare", node)
        with promised("a pod without a volume starts on the node"):
            bare.wait_running()
        with promised("the container of the deleted pod ends"):
            eventually(lambda: _has_ended(deleted), what=f"the container of {deleted.name} to end", within=PATIENCE.pod)
        with promised("the kubelet goes on renewing its node's lease"):
            eventually(
                lambda: last_sign_of_life(namespace.kube, node),
                until=lambda moment: moment > over,
                what=f"node {node} to renew its lease after {OUTAGE} s",
                within=OUTAGE + PATIENCE.command,
                every=1,
            )
    back = time.monotonic()
    now = ready_since(namespace.kube, node)
    evidence.expect(now == ready, "the node was Ready all the time", expected=ready, seen=now)

    with (
        evidence.step("wait until all is in order again"),
        promised("everything is cleaned up when the server is back"),
    ):
        namespace.kube.wait_gone("Pod", deleted.name, namespace.name, within=PATIENCE.remount)
        gone = time.monotonic() - back
        kept.wait_running(within=PATIENCE.recovery)
    evidence.measure("a deleted pod was gone after the server was back", gone, "s")
    left = mounts(document, volume)
    evidence.expect(left == [], "the deleted pod's volume is not mounted", expected=[], seen=left)
    restarts = restart_count(kept.require())
    evidence.expect(restarts == 0, "the other's container is the same", expected=0, seen=restarts)
    expect_new_write(nfs_server.files(shared), kept.name)


def _pod(namespace: Namespace, images: EngineImages, name: str, node: str) -> Pod:
    """One that needs its volume to be ready, or the `bare` one, which has none."""
    (document,) = load("bare-pod.yml" if name == "bare" else "nfs-probe-readiness.yml")
    changes = {"metadata": {"name": name}, "spec": {"nodeName": node}}
    return namespace.create_pod(merged(with_image(document, images.client), changes))


def _has_ended(pod: Pod) -> bool:
    document = pod.document()
    return document is None or ended_with(document) is not None
