"""NFSK8S-RECLAIM-004"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised


@requirement(
    "NFSK8S-RECLAIM-004",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#delete"],
    since="0.2",
    asks=["no_root_squash"],
    each_version=False,
)
def test_delete_of_static_volume_fails(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, evidence: Evidence
) -> None:
    """A static NFS volume with the policy Delete becomes Failed, keeps its data and names the cause.

    Observed in the cluster: the phase Failed, and a message and an event that say that nobody can delete such a volume.
    Observed on the server: the data, untouched.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    volume, claim = namespace.bound_volume(shared.path, {"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
    files.write(".precious", b"data\n", uid=999, gid=999, mode=0o600)
    before = files.tree()

    with evidence.step("delete the claim"), promised("a volume that nobody can delete becomes Failed"):
        namespace.delete_claim(claim)
        document = namespace.wait_volume(volume, "Failed", PATIENCE.bind)
    message = document["status"].get("message", "")
    evidence.attach("volume-message.txt", message)
    cause = "no deletable volume plugin matched"
    evidence.expect(cause in message, "its message names the cause", expected=cause, seen=message)
    with promised("an event says so, too"):
        events = namespace.volume_events(volume, "Warning VolumeFailedDelete ")
    evidence.attach("volume-events.txt", "\n".join(events))
    evidence.expect(files.tree() == before, "the data is kept", expected=before, seen=files.tree())
