"""NFSK8S-DYNAMIC-006"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic
from fixtures.storage.terms import ClassTerms

OPTIONS = ("hard", "noatime", "timeo=450", "rsize=65536", "acregmin=5")


@requirement(
    "NFSK8S-DYNAMIC-006",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/storage-classes/#mount-options", "nfs(5)"],
    since="0.3",
    features=["dynamic-provisioning"],
)
def test_mount_options_of_a_class_are_in_effect(
    dynamic: Dynamic, nfs_version: str, probe: Prober, evidence: Evidence
) -> None:
    """The `mountOptions` of a class are in effect where a pod uses one of its volumes, the NFS version among them.

    Observed on the node, or in the pod where nobody may look there: every option in /proc/mounts. Observed on the
    server: the pod's file.
    """
    classes = dynamic()
    volume = classes.claim("mounted", classes.make("options", ClassTerms(mount_options=OPTIONS)))
    told = volume["spec"].get("mountOptions", [])
    evidence.expect(set(OPTIONS) <= set(told), "the volume has the options of its class", expected=OPTIONS, seen=told)
    used = probe("echo mounted > /data/file", claim="mounted")
    effective = set(used.mount.split()[3].split(","))
    missing = sorted({f"vers={nfs_version}", *OPTIONS} - effective)
    evidence.expect(not missing, "every option is in effect", expected=sorted(OPTIONS), seen=used.mount)
    stored = classes.files(volume).read("file")
    evidence.expect(stored == b"mounted\n", "the pod's file is on the server", expected=b"mounted\n", seen=stored)
