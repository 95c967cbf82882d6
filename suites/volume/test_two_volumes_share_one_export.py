"""NFSK8S-VOLUME-019"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised


@requirement(
    "NFSK8S-VOLUME-019",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistent-volumes",
        "https://kubernetes.io/docs/concepts/storage/volumes/#nfs",
    ],
    since="0.2",
)
def test_two_volumes_share_one_export(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    probe: Prober,
    two_nodes: tuple[str, str],
    evidence: Evidence,
) -> None:
    """Two volumes on one export path can be in use at the same time, and both show the same data.

    Observed in two pods on one node: each reads what the other wrote; one goes on when the other and its mount are
    gone. Observed on the server: both files.
    """
    shared = export("rw,sync,no_subtree_check")
    names = ("left", "right")
    for name in names:
        with promised(f"the volume {name} on a path that is in use is bound"):
            volume = namespace.available_volume(shared.path, name)
            namespace.create_claim(name)
            namespace.wait_bound(volume, name)

    _, node = two_nodes
    with evidence.step("use both volumes on one node"), promised("both pods start"):
        left = probe("echo left > /data/left", name="left", claim="left", node=node)
        right = probe("echo right > /data/right; cat /data/left", name="right", claim="right", node=node)
    evidence.expect(right.log == "left\n", "the right pod reads the left one's file", expected="left", seen=right.log)
    read = left.pod.sh("cat /data/right")
    evidence.expect(read.stdout == "right\n", "the left pod reads the right one's file", expected="right", seen=read)

    with evidence.step("delete the left pod"):
        left.pod.delete()
    wrote = right.pod.sh("echo still >> /data/right && cat /data/left")
    evidence.expect(wrote.stdout == "left\n", "the right pod goes on", expected="left", seen=wrote)
    files = nfs_server.files(shared)
    stored = {entry.path: files.read(entry.path) for entry in files.tree()}
    wanted = {"left": b"left\n", "right": b"right\nstill\n"}
    evidence.expect(stored == wanted, "both pods' files are on the server", expected=wanted, seen=stored)
