"""NFSK8S-VOLUME-018"""

import time

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import load, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import UNTIL_ENDED
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised

NAMES = tuple(f"claim-{number:02}" for number in range(50))


@requirement(
    "NFSK8S-VOLUME-018",
    level=SHOULD,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding"],
    since="0.2",
    each_version=False,
)
def test_fifty_claims_are_bound_and_mounted(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, images: EngineImages, evidence: Evidence
) -> None:
    """Fifty claims are bound and mounted without a failure, and the time is measured.

    Each volume is a directory of one export, and one pod mounts all of them. Observed in the cluster: every claim is
    Bound to a volume of its own, the pod runs, and no mount failed on the way; the seconds are evidence. Observed on
    the server: the pod's file in each of the fifty directories.
    """
    shared = export("rw,sync,no_subtree_check")
    files = nfs_server.files(shared)
    files.shell(f"mkdir -m 777 {' '.join(NAMES)}")
    offered = [namespace.create_volume(f"{shared.path}/{name}", name)["metadata"]["name"] for name in NAMES]
    for volume in offered:
        namespace.wait_volume(volume, "Available", PATIENCE.bind)
    began = time.monotonic()
    with evidence.step("bind fifty claims"), promised("every one of fifty claims is bound"):
        for name in NAMES:
            namespace.create_claim(name)
        volumes = {namespace.wait_claim_bound(name)["spec"]["volumeName"] for name in NAMES}
    bound = time.monotonic()
    evidence.expect(volumes == set(offered), "each has a volume of its own", expected=offered, seen=sorted(volumes))

    (document,) = load("nfs-probe.yml")
    document = with_image(document, images.client)
    container = document["spec"]["containers"][0]
    container["volumeMounts"] = [{"name": name, "mountPath": f"/data/{name}"} for name in NAMES]
    container["command"] = ["sh", "-c", f"for one in /data/*; do touch $one/file || exit 1; done; {UNTIL_ENDED}"]
    document["spec"]["volumes"] = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in NAMES]
    with evidence.step("mount all of them in one pod"), promised("a pod with fifty volumes runs"):
        pod = namespace.create_pod(document)
        pod.wait_running()
    mounted = time.monotonic()
    evidence.attach("seconds.txt", f"bound: {bound - began:.1f}\nmounted: {mounted - bound:.1f}")

    wanted = [f"{name}/file" for name in NAMES]
    with promised("the pod's file is in each of the fifty directories"):
        eventually(
            lambda: [entry.path for entry in files.tree() if entry.file_type == "f"],
            until=lambda found: found == wanted,
            what="fifty files on the server",
            within=PATIENCE.command,
        )
    failures = namespace.failed_mounts()
    evidence.expect(failures == [], "no mount failed on the way", expected=[], seen=failures)
