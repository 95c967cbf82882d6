"""NFSK8S-DYNAMIC-010"""

import pytest

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic
from fixtures.waiting.patience import promised

_POD = "nfs-probe-fs-group.yml"
_MAKE = "umask 077 && mkdir /data/private && echo first > /data/private/file"
_USE = "cat /data/private/file && echo second >> /data/private/file"
PRIVATE = {"private": "0700 1000:1000", "private/file": "0600 1000:1000"}


@pytest.mark.parametrize("squash", ["root_squash", "no_root_squash"])
@requirement(
    "NFSK8S-DYNAMIC-010",
    level=SHOULD,
    cites=["kubernetes-csi/csi-driver-nfs#894", "CrunchyData/postgres-operator#3023"],
    since="0.3",
    features=["dynamic-provisioning"],
    needs=["two-nodes"],
    each_version=False,
)
def test_pod_with_fs_group_starts_again(
    dynamic: Dynamic, probe: Prober, two_nodes: tuple[str, str], evidence: Evidence, squash: str
) -> None:
    """A pod with `fsGroup` can be replaced: its successor starts and uses what it made, which is as private as before.

    A kubelet that gives volumes to a pod's group does so whenever a pod starts, also with what is private by then.
    Observed in the pods, of the same user, one after the other on two nodes: the second reads and writes a private file
    of the first. Observed on the server: mode and owner of what the first made, before and after.
    """
    one, other = two_nodes
    classes = dynamic(f"rw,sync,no_subtree_check,{squash}")
    volume = classes.claim("kept", classes.make("kept"))
    files = classes.files(volume)
    with promised("a pod with fsGroup starts"):
        first = probe(_MAKE, manifest=_POD, name="first", claim="kept", node=one)
    evidence.expect(first.code == 0, "the first pod makes a private file", expected="exit code 0", seen=first.log)
    first.pod.delete()
    with evidence.step("replace the pod"), promised("its successor starts"):
        second = probe(_USE, manifest=_POD, name="second", claim="kept", node=other)
    evidence.expect(second.code == 0, "its successor uses it", expected="exit code 0", seen=second.log)
    stored = files.read("private/file")
    evidence.expect(stored == b"first\nsecond\n", "both wrote", expected=b"first\nsecond\n", seen=stored)
    modes = {entry.path: f"{entry.mode:04o} {entry.owner}" for entry in files.tree()}
    evidence.expect(modes == PRIVATE, "it is as private as before", expected=PRIVATE, seen=modes)
