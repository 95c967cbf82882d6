"""NFSK8S-RECLAIM-006"""

from collections.abc import Iterator

import pytest

from certify.declare import MUST, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.evidence import Evidence
from fixtures.clusters.cluster import Cluster
from fixtures.clusters.kind import KindProvider
from fixtures.engines.containers import Container
from fixtures.engines.engine import EngineImages
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised

DIAGNOSIS = "recycler-image-unusable"
# The top-level domain of this registry is reserved for those that do not exist (RFC 2606). containerd reads the file at
# each pull.
_HIDE = """
mirrors=/etc/containerd/certs.d/${1%%/*}
mkdir -p $mirrors && echo 'server = "https://registry.invalid"' > $mirrors/hosts.toml
ctr --namespace k8s.io images ls --quiet | grep -qxF "$1" || exit 0  # not pulled yet
ctr --namespace k8s.io images tag --force "$1" "$1-aside" && ctr --namespace k8s.io images rm "$1"
"""
_SHOW = """
rm -rf /etc/containerd/certs.d/${1%%/*}
ctr --namespace k8s.io images ls --quiet | grep -qxF "$1-aside" || exit 0
ctr --namespace k8s.io images tag --force "$1-aside" "$1" && ctr --namespace k8s.io images rm "$1-aside"
"""


@pytest.fixture
def workers_without_image(
    kind_provider: KindProvider, cluster: Cluster, images: EngineImages, recycling: None
) -> Iterator[list[Container]]:
    """Workers that neither have the recycler's image nor can pull it; nobody else recycles meanwhile."""
    assert recycling is None
    workers = [kind_provider.node(node.name) for node in cluster.workers]
    _bring_back(workers, images.recycler)  # what a killed run left aside
    try:
        for worker in workers:
            worker.sh(_HIDE, images.recycler).must(f"hide {images.recycler} on node {worker.name}")
        yield workers
    finally:
        _bring_back(workers, images.recycler)


@requirement(
    "NFSK8S-RECLAIM-006",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/",
        "kubernetes/kubernetes#37461",
        "kubernetes/kubernetes#53357",
    ],
    since="0.2",
    asks=["no_root_squash", "own-nodes"],
    each_version=False,
)
def test_missing_recycler_image_is_diagnosed(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    workers_without_image: list[Container],
    images: EngineImages,
    evidence: Evidence,
) -> None:
    """A recycler image that cannot be pulled is detected, and the diagnosis names the fix.

    Observed in the cluster: an event of the volume names the image, the volume stays Released and is not offered to a
    new claim; with the image on the nodes, as the diagnosis says, it becomes Available. Observed on the server: the old
    data until then, nothing after it.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    volume, claim = namespace.bound_volume(shared.path)
    files.write(".secret", b"of the first claim\n")
    with evidence.step("delete the claim"), promised("the volume's event names the image that cannot be pulled"):
        namespace.delete_claim(claim)
        events = namespace.volume_events(volume, f'Recycler pod: Failed to pull image "{images.recycler}"')
    evidence.attach("volume-events.txt", "\n".join(events))
    found = diagnose(events, known_diagnoses().values())
    evidence.expect(found[:1] == (DIAGNOSIS,), "it is diagnosed", expected=DIAGNOSIS, seen=found)

    with evidence.step("claim again"), promised("the binder does not offer a volume that was not scrubbed"):
        namespace.create_unbound_claim("nfs-pvc-next")
    phase = namespace.volume(volume)["status"]["phase"]
    evidence.expect(phase == "Released", "the volume stays Released", expected="Released", seen=phase)
    stored = files.read(".secret")
    evidence.expect(stored == b"of the first claim\n", "the data is still there", expected="its content", seen=stored)

    with evidence.step("put the image on the nodes"), promised("the recycler gets its image and goes on"):
        _bring_back(workers_without_image, images.recycler)
        namespace.wait_volume(volume, "Bound", PATIENCE.recycle)
    owner = namespace.volume(volume)["spec"]["claimRef"]["name"]
    evidence.expect(owner == "nfs-pvc-next", "the next claim has it", expected="nfs-pvc-next", seen=owner)
    left = [entry.path for entry in files.tree()]
    evidence.expect(left == [], "the volume was scrubbed before the next claim got it", expected=[], seen=left)


def _bring_back(workers: list[Container], image: str) -> None:
    for worker in workers:
        worker.sh(_SHOW, image).must(f"bring {image} back on node {worker.name}")
