"""NFSK8S-VOLUME-010"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised

MODES = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"]


@requirement(
    "NFSK8S-VOLUME-010",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"],
    since="0.2",
    each_version=False,
)
def test_one_of_several_modes_is_enough(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A volume that offers several access modes is bound to a claim with those that the claim asked for.

    Observed in the cluster, for each of three modes: the claim keeps the one mode it asked for and is bound to a volume
    that offers all three; its status lists what the volume offers. Observed on the server: the file of its pod.
    """
    for mode in MODES:
        shared = export("rw,sync,no_subtree_check")
        name = mode.lower()
        volume = namespace.available_volume(shared.path, name, {"spec": {"accessModes": MODES}})
        with evidence.step(f"claim {mode}"), promised(f"a {mode} claim is bound to a volume that offers it too"):
            namespace.create_claim(name, {"spec": {"accessModes": [mode]}})
            namespace.wait_bound(volume, name)
        claim = namespace.claim(name)
        evidence.expect(
            claim["spec"]["accessModes"] == [mode], "the claim has its mode", expected=[mode], seen=claim["spec"]
        )
        offered = sorted(claim["status"]["accessModes"])
        evidence.expect(offered == sorted(MODES), "its status lists the volume's", expected=sorted(MODES), seen=offered)

        probe(f"echo {mode} > /data/file", name=name, claim=name)
        stored = nfs_server.files(shared).read("file").decode()
        evidence.expect(stored == f"{mode}\n", f"a pod uses the {mode} claim", expected=mode, seen=stored)
