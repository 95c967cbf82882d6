"""NFSK8S-RECLAIM-006"""

import pytest

from certify.declare import MUST, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.evidence import Evidence
from fixtures.cluster_use import RecyclerImage
from fixtures.kube.space import Space
from fixtures.scenario import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting import promised

# A registry that no world has: the top-level domain is reserved for that (RFC 2606).
ABSENT = "registry.invalid/nfs-conformance/recycler:1"
DIAGNOSIS = "recycler-image-unusable"


@requirement(
    "NFSK8S-RECLAIM-006",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/",
        "kubernetes/kubernetes#37461",
        "kubernetes/kubernetes#53357",
    ],
    since="0.2",
)
@pytest.mark.usefixtures("recycling", "server_alone")
def test_missing_recycler_image_is_diagnosed(
    export: Exporter, nfs_server: NfsServer, space: Space, recycler_image: RecyclerImage, evidence: Evidence
) -> None:
    """A recycler image that cannot be pulled is detected, and the diagnosis names the fix.

    Observed in the cluster: an event of the volume names the image, the volume is not offered to a new claim. Observed
    on the server: the old data is still there. Observed in the diagnosis of the event: the controller manager's option.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    with evidence.step(f"let the controller manager recycle with {ABSENT}"):
        recycler_image(ABSENT)
    volume, claim = space.bound_volume(shared.path)
    files.write(".secret", b"of the first claim\n")

    with evidence.step("delete the claim"), promised("the volume's event names the image that cannot be pulled"):
        space.delete_claim(claim)
        events = space.volume_events(volume, f'Recycler pod: Failed to pull image "{ABSENT}"')
    evidence.attach("volume-events.txt", "\n".join(events))
    found = diagnose(events, known_diagnoses().values())
    evidence.expect(found[:1] == (DIAGNOSIS,), "it is diagnosed", expected=DIAGNOSIS, seen=found)
    option = "--pv-recycler-pod-template-filepath-nfs"
    fix = "\n".join(known_diagnoses()[DIAGNOSIS].fix)
    evidence.expect(option in fix, "the diagnosis names the fix", expected=option, seen=fix)

    with evidence.step("claim again"), promised("the binder does not offer a volume that was not scrubbed"):
        space.create_unbound_claim("nfs-pvc-next")
    phase = space.volume(volume)["status"]["phase"]
    evidence.expect(phase == "Released", "the volume stays Released", expected="Released", seen=phase)
    stored = files.read(".secret")
    evidence.expect(stored == b"of the first claim\n", "the data is still there", expected="its content", seen=stored)
