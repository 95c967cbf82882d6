"""NFSK8S-VOLUME-024"""

from certify.declare import INFORMATIVE, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.errors import EnvironmentFailure
from certify.evidence import Evidence
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import load, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import Pod
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually

CAUSE = "user-namespace-needs-idmapped-mounts"
_EVERYBODY = "4294967295"  # users of a process without a user namespace of its own


@requirement(
    "NFSK8S-VOLUME-024",
    level=INFORMATIVE,
    cites=[
        "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
        "nebius/soperator#1510",
        "kubernetes/website#50679",
    ],
    since="0.3",
    asks=["no_root_squash"],
    each_version=False,
)
def test_pod_with_user_namespace_is_recorded(
    claimed: Claimer, nfs_server: NfsServer, namespace: Namespace, images: EngineImages, evidence: Evidence
) -> None:
    """It is recorded whether a pod with a user namespace of its own can use the volume; if not, its event says why.

    Observed in the cluster: the pod runs, or the event that says that the node cannot mount NFS for it, and its
    diagnosis. Observed on the server: the file of a pod that runs, which is its root's, or nothing.
    """
    given = claimed("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(given.directory)
    (document,) = load("nfs-probe-user-namespace.yml")
    with evidence.step("start a pod with a user namespace of its own"):
        pod = namespace.create_pod(with_image(document, images.client))
        causes, events = eventually(
            lambda: _outcome(namespace),
            until=lambda outcome: _running(pod) or bool(outcome[0]),
            what="the pod to run, or an event that says why it cannot",
            within=PATIENCE.pod,
        )
    evidence.attach("events.txt", "\n".join(events))
    if CAUSE in causes:
        made = [entry.path for entry in files.tree()]
        evidence.expect(made == [], "nothing reached the server", expected=[], seen=made)
        return
    if _EVERYBODY in pod.sh("cat /proc/self/uid_map").must("look at the pod's users").stdout:
        raise EnvironmentFailure("the cluster's nodes give no pod a user namespace of its own")
    pod.sh("echo mapped > /data/file && sync /data/file").must("write in a pod with a user namespace")
    owner = files.stat("file").owner
    evidence.expect(owner == "0:0", "the file is its root's on the server", expected="0:0", seen=owner)


def _outcome(namespace: Namespace) -> tuple[tuple[str, ...], list[str]]:
    """What is diagnosed of the namespace's events, and the events."""
    events = namespace.kube.events(namespace.name)
    return diagnose(events, known_diagnoses().values()), events


def _running(pod: Pod) -> bool:
    return bool(pod.require()["status"]["phase"] == "Running")
