"""NFSK8S-RECLAIM-003"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised


@requirement(
    "NFSK8S-RECLAIM-003",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#recycle",
        "openshift/origin#5739",
        "openshift/origin#8721",
    ],
    since="0.2",
    asks=["root_squash"],
    each_version=False,
)
@pytest.mark.usefixtures("recycling")
def test_recycle_that_cannot_scrub_fails(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, evidence: Evidence
) -> None:
    """A volume with the policy Recycle that cannot be scrubbed becomes Failed with a message, never Available.

    Observed in the cluster: the phase Failed, a message and an event that say why, and a new claim that finds nothing.
    Observed on the server: what a squashed root may not delete is still there, with its owner.
    """
    shared = export("rw,sync,no_subtree_check,root_squash")
    files = nfs_server.files(shared)
    volume, claim = namespace.bound_volume(shared.path)
    files.mkdir("foreign", uid=999, gid=999, mode=0o755)
    files.write("foreign/.secret", b"of the first claim\n", uid=999, gid=999, mode=0o600)

    with evidence.step("delete the claim"), promised("a volume that cannot be scrubbed becomes Failed"):
        namespace.delete_claim(claim)
        document = namespace.wait_volume(volume, "Failed", PATIENCE.recycle)
    message = document["status"].get("message", "")
    evidence.attach("volume-message.txt", message)
    evidence.expect("Recycle failed" in message, "its message says why", expected="Recycle failed: ...", seen=message)
    with promised("an event says so, too"):
        events = namespace.volume_events(volume, "Warning VolumeFailedRecycle ")
    evidence.attach("volume-events.txt", "\n".join(events))

    with evidence.step("claim again"), promised("the binder does not offer a volume with data inside"):
        namespace.create_unbound_claim("nfs-pvc-next")
    owner = namespace.volume(volume)["spec"]["claimRef"]["name"]
    evidence.expect(owner == claim, "the volume still belongs to the first claim", expected=claim, seen=owner)
    stored = files.read("foreign/.secret")
    evidence.expect(stored == b"of the first claim\n", "the file is still there", expected="its content", seen=stored)
    owner = files.stat("foreign/.secret").owner
    evidence.expect(owner == "999:999", "with its owner", expected="999:999", seen=owner)
