"""NFSK8S-RECLAIM-005"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import load, merged, with_image
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, promised


@requirement(
    "NFSK8S-RECLAIM-005",
    level=MUST,
    cites=["kubernetes/kubernetes#53413"],
    since="0.2",
    asks=["no_root_squash", "default-namespace"],
)
@pytest.mark.usefixtures("recycling", "default_namespace")
def test_imposter_is_not_taken_for_a_scrub(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, images: EngineImages, evidence: Evidence
) -> None:
    """A pod that somebody else created under the name `recycler-for-<volume>` is not taken for a scrub.

    Observed in the cluster: the volume becomes Available although a pod of the recycler's name had ended well before,
    and that pod is gone. Observed on the server: by then the directory is empty, so something did scrub it.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    volume, claim = namespace.bound_volume(shared.path)
    files.write(".secret", b"of the first claim\n", uid=999, gid=999, mode=0o600)
    with evidence.step("an imposter ends well"):
        (document,) = load("recycler-imposter.yml")
        named = merged(document, {"metadata": {"name": f"recycler-for-{volume}"}})
        imposter = namespace.create_default_pod(with_image(named, images.client))
        uid = imposter.wait_ended()["metadata"]["uid"]
    evidence.expect(files.count() == 1, "it deleted nothing", expected=1, seen=files.count())

    with evidence.step("delete the claim"), promised("the volume is recycled in spite of the imposter"):
        namespace.delete_claim(claim)
        namespace.wait_volume(volume, "Available", PATIENCE.recycle)
    left = [str(entry) for entry in files.tree()]
    evidence.expect(left == [], "an Available volume is empty on the server", expected=[], seen=left)
    events = namespace.kube.events("default", volume)
    evidence.attach("volume-events.txt", "\n".join(events))
    found = imposter.document()
    remains = found and found["metadata"]["uid"]
    evidence.expect(remains != uid, "the imposter was put away", expected=f"no pod {uid}", seen=remains)
