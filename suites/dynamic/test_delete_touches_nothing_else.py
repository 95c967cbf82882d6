"""NFSK8S-DYNAMIC-003"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic
from fixtures.storage.terms import ClassTerms
from fixtures.waiting.patience import promised


@requirement(
    "NFSK8S-DYNAMIC-003",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#delete",
        "kubernetes-csi/csi-driver-nfs#855",
    ],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_delete_touches_nothing_else(dynamic: Dynamic, probe: Prober, evidence: Evidence) -> None:
    """When a claim is deleted, the data of other claims stays as it is, whatever their names are.

    The directories lie in folders of a common one, as those of namespaces may. Observed on the server: the data of two
    other claims, one whose name begins alike and one whose folder has no claim besides, is the same before and after.
    Observed in the pod of one of them: it reads and writes on.
    """
    classes = dynamic()
    one, other = (
        classes.make(name, ClassTerms(sub_dir=f"all/{name}/${{pvc.metadata.name}}")) for name in ("one", "other")
    )
    claims = {"data": one, "data-2": other, "other": other}
    volumes = {name: classes.claim(name, of) for name, of in claims.items()}
    pods = {name: probe(f"echo {name} > /data/file", name=name, claim=name).pod for name in claims}
    before = {name: classes.files(volumes[name]).tree() for name in ("data-2", "other")}
    pods["data"].delete()
    with evidence.step("delete one claim"), promised("a volume goes with its claim"):
        classes.delete("data")
    for name, tree in before.items():
        there = classes.is_there(classes.directory(volumes[name]))
        after = classes.files(volumes[name]).tree() if there else []
        evidence.expect(after == tree, f"the data of {name} stays", expected=tree, seen=after)
    wrote = pods["data-2"].sh("cat /data/file && echo more >> /data/file")
    evidence.expect(wrote.stdout == "data-2\n", "its pod goes on", expected="data-2", seen=wrote)
    stored = classes.files(volumes["data-2"]).read("file")
    evidence.expect(stored == b"data-2\nmore\n", "what it wrote is there", expected="data-2 and more", seen=stored)
