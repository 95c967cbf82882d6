"""NFSK8S-VOLUME-001"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.mount_options import mount_source
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised


@requirement(
    "NFSK8S-VOLUME-001",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#lifecycle-of-a-volume-and-claim"],
    since="0.1",
)
def test_volume_and_claim_bind(
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    probe: Prober,
    evidence: Evidence,
) -> None:
    """A claim for 1Gi ReadWriteMany is bound to the NFS volume of 5Gi that offers it, and released when it is deleted.

    Observed in the cluster: the phases Available, Bound and Released, who is bound to whom, what the claim got, the
    node's mount. Observed on the server: the pod's file while Bound, and still there after Released.
    """
    shared = export("rw,sync,no_subtree_check")

    with promised("a volume that nobody claims is Available"):
        volume = namespace.create_volume(shared.path)["metadata"]["name"]
        namespace.wait_volume(volume, "Available", PATIENCE.bind)
    with promised("claim and volume are Bound to each other"):
        claim = namespace.create_claim()["metadata"]["name"]
        namespace.wait_bound(volume, claim)

    bound = namespace.claim(claim)
    given = {
        "volume": bound["spec"]["volumeName"],
        **bound["status"]["capacity"],
        "modes": bound["status"]["accessModes"],
    }
    wanted = {"volume": volume, "storage": "5Gi", "modes": ["ReadWriteMany"]}
    evidence.expect(given == wanted, "the claim got the volume, all of it, in its mode", expected=wanted, seen=given)

    with evidence.step("use the claim in a pod"):
        used = probe("echo claimed > /data/file && df -P /data | tail -n 1")
    source = mount_source(nfs_server.endpoint, shared.path)
    evidence.expect(used.log.startswith(source), "the pod's volume is the export", expected=source, seen=used.log)
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"claimed\n", "the pod's file is on the server", expected=b"claimed\n", seen=stored)

    # Recycle would move on from Released at once; that way is RECLAIM-002's.
    namespace.retain(volume)
    used.pod.delete()
    with evidence.step("delete the claim"), promised("the volume of a deleted claim is Released"):
        namespace.delete_claim(claim)
        namespace.wait_volume(volume, "Released", PATIENCE.bind)
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"claimed\n", "the data outlives the claim", expected=b"claimed\n", seen=stored)
