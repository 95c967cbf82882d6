"""NFSK8S-VOLUME-021"""

from certify.declare import MUST, requirement
from certify.errors import EnvironmentFailure
from certify.evidence import Evidence
from fixtures.clusters.cluster import Cluster
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import load, merged, with_image
from fixtures.kube.namespace import Namespace
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised

_GRACE = 60  # seconds in a fast world: far longer than a pod takes to start
# Process 1 of a container ignores SIGTERM unless it asks for it. This one ends when it is told.
_LINGERING = "echo first > /data/first; until test -e /tmp/end; do date > /data/clock; sleep 0.5; done"


@requirement(
    "NFSK8S-VOLUME-021",
    level=MUST,
    cites=["kubernetes-csi/csi-driver-nfs#601"],
    since="0.3",
    asks=["no_root_squash"],
    each_version=False,
)
def test_successor_has_the_volume_while_a_pod_ends(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    namespace: Namespace,
    images: EngineImages,
    cluster: Cluster,
    probe: Prober,
    evidence: Evidence,
) -> None:
    """A pod that starts while another one that uses the same claim ends on its node keeps the volume after that end.

    Observed in the cluster: the first pod is Terminating when the second runs, and then gone. Observed in the second:
    it reads what the first wrote, and reads and writes on when the first and its mount are gone. Observed on the
    server: the files of both.
    """
    shared = claimed("rw,sync,no_subtree_check,no_root_squash").directory
    node = cluster.first_worker.name
    grace = round(_GRACE * PATIENCE.stretch)
    (document,) = load("nfs-probe.yml")
    changes = {"metadata": {"name": "first"}, "spec": {"nodeName": node, "terminationGracePeriodSeconds": grace}}
    document = merged(with_image(document, images.client), changes)
    document["spec"]["containers"][0]["command"] = ["sh", "-c", _LINGERING]
    first = namespace.create_pod(document)
    first.wait_running()
    with evidence.step("delete the first pod, start a second one while it ends"):
        namespace.delete("Pod", first.name)
        with promised("a pod starts while another one that uses its volume ends"):
            second = probe("cat /data/first && echo second > /data/second", name="successor", node=node)
    evidence.expect(second.log == "first\n", "the second has the volume", expected="first", seen=second.log)
    if first.document() is None:
        raise EnvironmentFailure(f"the first pod had ended before the second ran, though it was given {grace} s")

    with evidence.step("let the first pod end"), promised("a pod whose container has ended is gone"):
        first.sh("touch /tmp/end").must("tell the first pod to end")
        namespace.kube.wait_gone("Pod", first.name, namespace.name, PATIENCE.gone)
    wrote = second.pod.sh("cat /data/first && echo more >> /data/second && sync /data/second")
    evidence.expect(wrote.stdout == "first\n", "the second still has it", expected="first", seen=wrote)
    stored = nfs_server.files(shared).read("second")
    evidence.expect(stored == b"second\nmore\n", "what it wrote is on the server", expected="both lines", seen=stored)
