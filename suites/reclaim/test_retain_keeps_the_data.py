"""NFSK8S-RECLAIM-001"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised


@requirement(
    "NFSK8S-RECLAIM-001",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#retain", "kubernetes/kubernetes#24682"],
    since="0.2",
    asks=["no_root_squash"],
    each_version=False,
)
def test_retain_keeps_the_data(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A volume with the policy Retain keeps its data, and is Available with it again once its `claimRef` is cleared.

    Observed in the cluster: Released when the claim is deleted, Available when the administrator clears `claimRef`,
    then Bound to a new claim. Observed on the server: the same files with the same owners all the way. Observed in the
    new claim's pod: the old data.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    volume, claim = namespace.bound_volume(shared.path, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})
    with evidence.step("write data"):
        probe("mkdir /data/shop && echo kept > /data/shop/.goods && chown 999:999 /data/shop/.goods").pod.delete()
    before = files.tree()
    evidence.attach("server-side.txt", "\n".join(map(str, before)))

    with evidence.step("delete the claim"), promised("a retained volume is Released when its claim is deleted"):
        namespace.delete_claim(claim)
        namespace.wait_volume(volume, "Released", PATIENCE.bind)
    evidence.expect(files.tree() == before, "the data is kept", expected=before, seen=files.tree())

    with evidence.step("clear claimRef"), promised("a volume without claimRef is Available"):
        namespace.forget_claim(volume)
        namespace.wait_volume(volume, "Available", PATIENCE.bind)
    with evidence.step("claim it again"), promised("a volume that was given back can be claimed"):
        namespace.create_claim("nfs-pvc-next")
        namespace.wait_bound(volume, "nfs-pvc-next")
    again = probe("cat /data/shop/.goods", name="next", claim="nfs-pvc-next")
    evidence.expect(again.log == "kept\n", "the next pod reads the old data", expected="kept", seen=again.log)
    evidence.expect(files.tree() == before, "the data is as it was", expected=before, seen=files.tree())
