"""NFSK8S-VOLUME-012"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised

CLAIM, VOLUME = "PersistentVolumeClaim", "PersistentVolume"


@requirement(
    "NFSK8S-VOLUME-012",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection",
    ],
    since="0.2",
    each_version=False,
)
def test_objects_in_use_are_protected(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A deleted claim that a pod uses and a deleted volume that is bound stay Terminating until their users are gone.

    Observed in the cluster: both are Terminating after a claim and a volume that nobody used were deleted later and
    are gone already; both are gone once the pod is. Observed on the server: the pod writes in between, and its data
    outlives all of them.
    """
    shared = export("rw,sync,no_subtree_check")
    retained = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
    volume, claim = namespace.bound_volume(shared.path, retained)
    unused = namespace.available_volume(export("rw,sync,no_subtree_check").path, "unused", retained)
    namespace.create_claim("unused", {"spec": {"resources": {"requests": {"storage": "900Gi"}}}})
    user = probe("echo before > /data/file")

    with evidence.step("delete claim and volume in use, then those that nobody uses"):
        namespace.delete(CLAIM, claim)
        namespace.delete(VOLUME, volume)
        namespace.delete_claim("unused")
        namespace.delete(VOLUME, unused)
        namespace.kube.wait_gone(VOLUME, unused)
    for kind, name, found in (
        (CLAIM, claim, namespace.kube.get(CLAIM, claim, namespace.name)),
        (VOLUME, volume, namespace.kube.get(VOLUME, volume)),
    ):
        seen = found and {key: found["metadata"].get(key) for key in ("deletionTimestamp", "finalizers")}
        evidence.expect(
            bool(seen and seen["deletionTimestamp"] and seen["finalizers"]),
            f"the {kind} {name} is Terminating",
            expected="a deletionTimestamp and a finalizer",
            seen=seen,
        )
    wrote = user.pod.sh("echo after > /data/file")
    stored = nfs_server.files(shared).read("file")
    evidence.expect(
        wrote.ok and stored == b"after\n", "the pod goes on writing", expected="after", seen=(wrote, stored)
    )

    with evidence.step("delete the pod"), promised("claim and volume go when their user is gone"):
        user.pod.delete()
        namespace.kube.wait_gone(CLAIM, claim, namespace.name, PATIENCE.gone)
        namespace.kube.wait_gone(VOLUME, volume, within=PATIENCE.gone)
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"after\n", "the data outlives its objects", expected=b"after\n", seen=stored)
