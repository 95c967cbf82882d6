"""NFSK8S-MOUNT-006"""

from collections.abc import Iterator

import pytest

from certify.declare import MUST, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.evidence import Evidence
from fixtures.clusters.cluster import Cluster
from fixtures.clusters.kind import KindProvider
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import load, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import UNTIL_ENDED
from fixtures.scenario.exports import Exporter, ServerTurn
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised

_HIDE = "mv /usr/sbin/mount.nfs /usr/sbin/mount.nfs.aside"
_SHOW = "mv /usr/sbin/mount.nfs.aside /usr/sbin/mount.nfs"
# mount(8) says it itself, or since it uses the kernel's new mount calls (util-linux 2.39) passes on the kernel's words.
NAMED = ("need a /sbin/mount.<type> helper program", "NFS: mount program didn't pass remote address")


@pytest.fixture
def node_without_client(kind_provider: KindProvider, cluster: Cluster, server_turn: ServerTurn) -> Iterator[str]:
    """A worker whose mount.nfs is out of reach, as on a node without nfs-common; nobody else uses NFS meanwhile."""
    server_turn.must_be_exclusive()
    name = cluster.workers[0].name
    node = kind_provider.node(name)
    try:
        node.sh(_HIDE).must(f"hide mount.nfs on node {name}")
        yield name
    finally:
        node.sh(f"test -e /usr/sbin/mount.nfs || {_SHOW}").must(f"bring mount.nfs back on node {name}")


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-MOUNT-006",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/volumes/#nfs",
        "mount.nfs(8)",
        "kubernetes-sigs/kind#1806",
        "kubernetes-sigs/nfs-subdir-external-provisioner#374",
    ],
    since="0.2",
    asks=["no_root_squash", "own-nodes"],
)
def test_missing_nfs_client_is_named(
    export: Exporter,
    node_without_client: str,
    kind_provider: KindProvider,
    namespace: Namespace,
    *,
    nfs_server: NfsServer,
    images: EngineImages,
    evidence: Evidence,
) -> None:
    """On a node without mount.nfs the pod's event names the cause, and the diagnosis names the fix.

    Observed in the cluster: the event FailedMount with mount's message, its diagnosis, and the pod running once
    mount.nfs is back. Observed on the server: nothing at first, then the pod's file.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    namespace.bound_volume(shared.path)
    (document,) = load("nfs-probe.yml")
    document = with_image(document, images.client)
    document["spec"]["nodeName"] = node_without_client
    document["spec"]["containers"][0]["command"] = ["sh", "-c", f"echo mounted > /data/file; {UNTIL_ENDED}"]
    with evidence.step(f"start a pod on {node_without_client}"), promised("an event says why the pod does not start"):
        pod = namespace.create_pod(document)
        events = eventually(namespace.failed_mounts, what="the event FailedMount", within=PATIENCE.pod)
    evidence.attach("events.txt", "\n".join(events))
    named = any(words in event for event in events for words in NAMED)
    evidence.expect(named, "the event names the missing program", expected=NAMED, seen=events)
    found = diagnose(events, known_diagnoses().values())
    wanted = "nfs-client-package-missing"
    evidence.expect(found[:1] == (wanted,), "the diagnosis names the fix", expected=wanted, seen=found)
    files = nfs_server.files(shared)
    made = [entry.path for entry in files.tree()]
    evidence.expect(made == [], "nothing reached the server", expected=[], seen=made)

    with evidence.step("bring mount.nfs back"), promised("the pod starts once the node has mount.nfs"):
        kind_provider.node(node_without_client).sh(_SHOW).must("bring mount.nfs back")
        pod.wait_running(within=PATIENCE.remount)
    stored = eventually(lambda: [entry.path for entry in files.tree()], what="the pod's file", within=PATIENCE.command)
    evidence.expect(stored == ["file"], "the pod's file is on the server", expected=["file"], seen=stored)
