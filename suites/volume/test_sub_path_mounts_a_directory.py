"""NFSK8S-VOLUME-015"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import load, with_image
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised


@requirement(
    "NFSK8S-VOLUME-015",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath",
        "https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath-expanded-environment",
        "k3s-io/k3s#5165",
        "kubernetes/kubernetes#108374",
    ],
    since="0.2",
    asks=["root_squash"],
)
def test_sub_path_mounts_a_directory(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    images: EngineImages,
    probe: Prober,
    evidence: Evidence,
) -> None:
    """subPath and subPathExpr mount a directory of the volume, also under root_squash, and a link out is refused.

    Observed in the pod: only what is in its two directories. Observed on the server: the pod's files in them, and the
    missing one was made. Observed in the cluster: a pod whose subPath is a symbolic link out of the volume does not
    start and the event says why.
    """
    shared = export("rw,sync,no_subtree_check,root_squash")
    files = nfs_server.files(shared)
    files.mkdir("shops/first", mode=0o777)
    files.mkdir("pods", mode=0o777)
    files.write("shops/secret", b"of all shops\n")
    files.write("shops/first/name", b"first\n")
    files.shell("ln -s ../../.. escape")
    namespace.bound_volume(shared.path)

    with evidence.step("use subPath and subPathExpr"), promised("a pod starts with directories of its volume"):
        used = probe(
            "ls -A /shop/. /own && cd /shop && touch ordered && touch /own/log", manifest="nfs-probe-sub-paths.yml"
        )
    wanted = ["/own:", "", "/shop/.:", "name"]
    seen = used.log.splitlines()
    evidence.expect(seen == wanted, "the pod sees its directories alone", expected=wanted, seen=seen)
    for path in ("shops/first/ordered", f"pods/{used.pod.name}/log"):
        owner, nobody = files.stat(path).owner, nfs_server.anonymous(shared)
        evidence.expect(owner == nobody, f"{path} is on the server, squashed", expected=nobody, seen=owner)

    with evidence.step("use a link that leads out of the volume"), promised("the kubelet refuses the link"):
        (document,) = load("nfs-sub-path-escape.yml")
        escaping = namespace.create_pod(with_image(document, images.client))
        events = eventually(
            lambda: [event for event in namespace.kube.events(namespace.name, escaping.name) if "subPath" in event],
            what=f"an event about the subPath of {escaping.name}",
            within=PATIENCE.pod,
        )
    evidence.attach("escape-events.txt", "\n".join(events))
    statuses = escaping.require()["status"]["containerStatuses"]
    started = [status["started"] for status in statuses]
    evidence.expect(started == [False], "its container did not start", expected=[False], seen=statuses)
    names = sorted(entry.path for entry in files.tree() if "escaped" in entry.path)
    evidence.expect(names == [], "it wrote nothing", expected=[], seen=names)
