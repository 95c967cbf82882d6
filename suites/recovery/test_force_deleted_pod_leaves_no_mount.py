"""NFSK8S-RECOVERY-011"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Mounts, Prober
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised


@requirement(
    "NFSK8S-RECOVERY-011",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/tasks/run-application/force-delete-stateful-set-pod/",
        "kubernetes/kubernetes#90593",
    ],
    since="0.2",
    asks=["no_root_squash", "privileged-pods"],
)
def test_force_deleted_pod_leaves_no_mount(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    probe: Prober,
    mounts: Mounts,
    evidence: Evidence,
) -> None:
    """A force-deleted pod leaves no mount behind on its node.

    The pod writes when it is deleted with a grace period of 0, so that its object is gone before its containers are.
    Observed on the node: its volume is mounted before, and no more in the end. Observed on the server: what it had
    written stays.
    """
    given = claimed("rw,sync,no_subtree_check,no_root_squash")
    shared, volume = given.directory, given.volume
    writing = probe("echo kept > /data/file; (while :; do date > /data/clock; done) &")
    document = writing.pod.require()
    with evidence.step("delete the pod by force"):
        writing.pod.delete(grace=0)
    with promised("the node unmounts the volume of a pod that was deleted by force"):
        left = eventually(
            lambda: mounts(document, volume),
            until=lambda lines: not lines,
            what="the node to unmount its volume",
            within=PATIENCE.gone,
        )
    evidence.expect(left == [], "nothing is mounted", expected=[], seen=left)
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"kept\n", "what it had written stays", expected=b"kept\n", seen=stored)
