"""NFSK8S-MOUNT-005"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.manifests import load, volume
from fixtures.kube.namespace import Namespace
from fixtures.scenario.connections import FirstMount, NodeConnections
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE

CONNECTIONS = "nconnect=2"
OPTIONS = (CONNECTIONS, "hard", "noatime", "timeo=450", "retrans=3", "rsize=65536", "wsize=65536", "acregmin=5")


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-MOUNT-005",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#mount-options", "nfs(5)"],
    since="0.2",
    asks=["no_root_squash"],
)
def test_mount_options_of_a_volume_are_in_effect(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    probe: Prober,
    connections: NodeConnections,
    first_mount: FirstMount,
    evidence: Evidence,
) -> None:
    """The `mountOptions` of a volume are in effect on the node, among them version, nconnect, hard or soft, and
    noatime.

    Observed on the node, while a pod uses the volume: every option in /proc/mounts. Observed on the server: the pod's
    file, and two connections from the node, which are looked for on the node where the server does not see it. Alone
    with the server, because all of a node's mounts of one server share the connections of the first (nfs(5), nconnect).
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    (article,) = load("nfs-pv-mysql.yml")
    name = f"nfs-pv-options-{namespace.name}"
    version = namespace.nfs_version
    document = volume(article, name=name, server=nfs_server.endpoint, path=shared.path, nfs_version=version)
    document["spec"]["mountOptions"] += OPTIONS
    namespace.create(document)
    namespace.wait_volume(name, "Available", PATIENCE.bind)
    namespace.wait_bound(name, namespace.create_claim()["metadata"]["name"])

    with evidence.step("use the volume in a pod"):
        used = probe("echo mounted > /data/file && cat /data/file")
    evidence.expect(used.log == "mounted\n", "the volume can be used", expected="mounted", seen=used.log)
    effective = set(used.mount.split()[3].split(","))
    wanted = {f"vers={version}", *OPTIONS}
    missing = sorted(wanted - effective)
    if missing == [CONNECTIONS]:
        first_mount("see nconnect in effect")
    evidence.expect(not missing, "every option is in effect on the node", expected=sorted(wanted), seen=used.mount)

    files = nfs_server.files(shared)
    stored = files.read("file")
    evidence.expect(stored == b"mounted\n", "the pod's file is on the server", expected=b"mounted\n", seen=stored)
    held = connections(used.pod.require())
    what = f"the node holds two connections, as {held.seen_by} sees them"
    evidence.expect(len(held.lines) == 2, what, expected=2, seen=held.lines)
