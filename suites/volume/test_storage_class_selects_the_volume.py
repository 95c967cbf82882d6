"""NFSK8S-VOLUME-006"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised


@requirement(
    "NFSK8S-VOLUME-006",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#class-1",
        "https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass",
    ],
    since="0.2",
    asks=["default-class"],
    each_version=False,
)
@pytest.mark.usefixtures("default_class")
def test_storage_class_selects_the_volume(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A claim's class selects volumes of that class, an empty one those without, an absent one the default class.

    Observed in the cluster: which of three volumes each of three claims gets, and the class that the API server gave
    the claim that named none. Observed on the server: each claim's pod writes into the export of that volume.
    """
    default = namespace.create_storage_class("default", default=True)
    named = namespace.create_storage_class("named")
    exports = {name: export("rw,sync,no_subtree_check") for name in ("empty", "named", "absent")}
    classes = {"empty": "", "named": named, "absent": default}
    volumes = {
        name: namespace.available_volume(exports[name].path, name, {"spec": {"storageClassName": classes[name]}})
        for name in exports
    }
    asked = {"empty": "", "named": named, "absent": None}
    for name, asked_class in asked.items():
        with evidence.step(f"claim with storageClassName {asked_class!r}"), promised(f"the claim ({name}) is bound"):
            namespace.create_claim(name, {"spec": {"storageClassName": asked_class}})
            namespace.wait_claim_bound(name)
        claim = namespace.claim(name)["spec"]
        evidence.expect(
            claim["storageClassName"] == classes[name],
            f"the class of the claim ({name})",
            expected=classes[name],
            seen=claim["storageClassName"],
        )
        evidence.expect(
            claim["volumeName"] == volumes[name],
            f"the volume of the claim ({name})",
            expected=volumes[name],
            seen=claim["volumeName"],
        )
    for name, shared in exports.items():
        probe(f"echo {name} > /data/file", name=name, claim=name)
        stored = nfs_server.files(shared).read("file").decode()
        evidence.expect(stored == f"{name}\n", f"the pod of {name} wrote into it", expected=name, seen=stored)
