"""NFSK8S-VOLUME-017"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.mount_options import mount_source
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised


@requirement(
    "NFSK8S-VOLUME-017",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/volumes/#nfs"],
    since="0.2",
)
def test_inline_volume_needs_no_claim(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A pod can use an export as an inline nfs volume, without a volume object and a claim.

    Observed in the pod: it reads what was on the server. Observed on the node: the export is mounted for this pod, with
    the version that the node and the server agree on, as an inline volume has no mountOptions. Observed on the server:
    the pod's file.
    """
    shared = export("rw,sync,no_subtree_check")
    files = nfs_server.files(shared)
    files.write("given", b"by the server\n")
    with evidence.step("use the export in a pod"), promised("a pod starts with an export that it names"):
        used = probe(
            "cat /data/given && echo by the pod > /data/file", manifest="nfs-probe-inline.yml", path=shared.path
        )
    evidence.expect(used.log == "by the server\n", "the pod reads the export", expected="by the server", seen=used.log)
    source = mount_source(nfs_server.endpoint, shared.path)
    evidence.expect(used.mount.split()[0] == source, "the node mounts the export", expected=source, seen=used.mount)
    stored = files.read("file")
    evidence.expect(stored == b"by the pod\n", "the pod's file is on the server", expected=b"by the pod\n", seen=stored)
    claims = namespace.kube.find("PersistentVolumeClaim", namespace.name)
    evidence.expect(claims == [], "there is no claim", expected=[], seen=claims)
