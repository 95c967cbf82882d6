"""NFSK8S-RECLAIM-007"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised


@requirement(
    "NFSK8S-RECLAIM-007",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#retain",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#phase",
    ],
    since="0.2",
    asks=["no_root_squash"],
    each_version=False,
)
def test_failed_volume_is_used_again(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A Failed volume is usable again after the documented steps.

    The steps: delete the volume object, look after the data on the server, create a volume for the same path. Observed
    in the cluster: Failed, then a new volume that is Bound. Observed on the server: the data outlives the object,
    and the new claim's pod changes it.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    failing, claim = namespace.bound_volume(shared.path, {"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
    files.write("keep", b"kept\n", mode=0o666)
    files.write("scrap", b"scrap\n")
    with evidence.step("delete the claim"), promised("a volume that nobody can delete becomes Failed"):
        namespace.delete_claim(claim)
        namespace.wait_volume(failing, "Failed", PATIENCE.bind)

    with evidence.step("delete the volume object"), promised("a Failed volume can be deleted"):
        namespace.delete("PersistentVolume", failing)
        namespace.kube.wait_gone("PersistentVolume", failing)
    left = [entry.path for entry in files.tree()]
    evidence.expect(left == ["keep", "scrap"], "the data outlives the object", expected=["keep", "scrap"], seen=left)

    with evidence.step("clean up on the server, offer the path again"), promised("the path can be claimed again"):
        files.shell("rm scrap")
        retained = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
        volume = namespace.available_volume(shared.path, "again", retained)
        namespace.create_claim()
        namespace.wait_bound(volume, claim)
    used = probe("ls -A /data; cat /data/keep; echo used >> /data/keep")
    wanted = ["keep", "kept"]
    seen = used.log.splitlines()
    evidence.expect(seen == wanted, "the new pod finds what was kept", expected=wanted, seen=seen)
    stored = files.read("keep")
    evidence.expect(stored == b"kept\nused\n", "and uses it, as the server sees", expected="kept, used", seen=stored)
