"""NFSK8S-VOLUME-003"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised


@requirement(
    "NFSK8S-VOLUME-003",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"],
    since="0.2",
    each_version=False,
)
def test_volume_must_offer_the_mode(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A claim is bound only to a volume that offers the access modes it asks for.

    Observed in the cluster: a ReadWriteMany claim finds nothing in a volume that offers ReadWriteOnce and ReadOnlyMany,
    and is bound to one that offers ReadWriteMany. Observed on the server: its pod's file in that volume's export.
    """
    narrow = {"spec": {"accessModes": ["ReadWriteOnce", "ReadOnlyMany"]}}
    other = namespace.available_volume(export("rw,sync,no_subtree_check").path, "narrow", narrow)
    with evidence.step("claim ReadWriteMany"), promised("the binder says that no volume offers the mode"):
        event = namespace.create_unbound_claim("nfs-pvc-many")
    evidence.attach("claim-event.txt", event)

    shared = export("rw,sync,no_subtree_check")
    with evidence.step("offer ReadWriteMany"), promised("the claim is bound once a volume offers its mode"):
        fitting = namespace.create_volume(shared.path, "many")["metadata"]["name"]
        namespace.wait_bound(fitting, "nfs-pvc-many")
    modes = namespace.claim("nfs-pvc-many")["status"]["accessModes"]
    evidence.expect(modes == ["ReadWriteMany"], "the claim has its mode", expected=["ReadWriteMany"], seen=modes)
    phase = namespace.volume(other)["status"]["phase"]
    evidence.expect(phase == "Available", "the other volume is still Available", expected="Available", seen=phase)

    with evidence.step("write into it"):
        probe("echo many > /data/file", claim="nfs-pvc-many")
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"many\n", "the pod wrote into the fitting volume", expected=b"many\n", seen=stored)
