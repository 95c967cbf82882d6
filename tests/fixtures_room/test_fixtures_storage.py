"""Classes that make volumes: copies of a template, how provisioners have it said, and where the data is."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify.errors import EnvironmentFailure, TargetError, Violation
from certify.target import parse
from fixtures.kube.leftovers import delete_leftovers
from fixtures.kube.manifests import Document, load
from fixtures.kube.namespace import Namespace
from fixtures.servers.server import Export
from fixtures.storage.classes import StorageClasses
from fixtures.storage.own_provisioner import start_provisioner
from fixtures.storage.terms import ARCHIVE, RETAIN, ClassTerms, parameters, source
from tests.fixtures_room.fakes import FakeKube

CSI = "nfs.csi.k8s.io"
EXTERNAL = "cluster.local/my-nfs-subdir-external-provisioner"
TEMPLATE = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "nfs-csi", "uid": "1", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": CSI,
    "reclaimPolicy": "Delete",
    "parameters": {"server": "filer", "share": "/vol", "onDelete": "retain"},
    "mountOptions": ["nfsvers=4.1", "hard"],
}


def _namespace(kube: FakeKube, change: str = "") -> Namespace:
    return Namespace(cast(Any, kube), "ns", run="r", server="filer", nfs_version="4.2", mount_options=change)


def test_a_class_is_a_copy_that_nobody_takes_for_the_default() -> None:
    kube = FakeKube()
    classes = StorageClasses(_namespace(kube, "sec=sys"), cast(Any, None), TEMPLATE)
    name = classes.make("one", ClassTerms(sub_dir="x", mount_options=("noatime",)))
    made = kube.objects["StorageClass", name]
    assert made["parameters"] == {"server": "filer", "share": "/vol", "onDelete": "delete", "subDir": "x"}
    assert made["mountOptions"] == ["sec=sys", "hard", "noatime", "nfsvers=4.2"]
    assert made["metadata"].keys() == {"name", "labels"}
    assert TEMPLATE["metadata"]["name"] == "nfs-csi"  # type: ignore[index] # it stays as it is
    assert classes.facts() == {"provisioner": CSI, "class": "nfs-csi"}


@pytest.mark.parametrize(
    ("provisioner", "terms", "said"),
    [
        (CSI, ClassTerms(RETAIN), {"onDelete": "retain"}),
        (EXTERNAL, ClassTerms(ARCHIVE), {"archiveOnDelete": "true"}),
        (EXTERNAL, ClassTerms(RETAIN, "${pvc.metadata.name}"), {"onDelete": "retain", "pathPattern": "${.PVC.name}"}),
        ("example.org/blocks", ClassTerms(), {}),
    ],
)
def test_each_provisioner_has_its_own_words(provisioner: str, terms: ClassTerms, said: dict[str, str]) -> None:
    assert parameters(provisioner, terms) == said


def test_a_provisioner_whose_words_nobody_knows_is_judged_by_what_needs_none() -> None:
    with pytest.raises(EnvironmentFailure, match=r"it is not known how a class of example\.org/blocks says"):
        parameters("example.org/blocks", ClassTerms(ARCHIVE))


def _volume(**spec: Any) -> Document:
    return {"metadata": {"name": "pv"}, "spec": spec}


def test_a_volume_says_where_its_data_is() -> None:
    assert source(_volume(nfs={"server": "filer", "path": "/vol/a"})) == ("filer", "/vol/a")
    csi = {"volumeAttributes": {"server": "filer", "share": "/vol/", "subdir": "a/b"}}
    assert source(_volume(csi=csi)) == ("filer", "/vol/a/b")
    with pytest.raises(EnvironmentFailure, match="volume pv does not say where"):
        source(_volume(csi={"volumeAttributes": {}}))


def test_the_data_is_looked_at_on_the_server_under_test_alone() -> None:
    files = SimpleNamespace(stat=lambda: (_ for _ in ()).throw(Violation("it is there", expected=1, seen=2)))
    server = SimpleNamespace(endpoint="filer", files=lambda _: files)
    classes = StorageClasses(_namespace(FakeKube()), cast(Any, server), TEMPLATE)
    place = classes.directory(_volume(nfs={"server": "filer", "path": "/vol/a"}))
    assert place == Export("pv", "/vol/a", "")
    assert not classes.is_there(place)
    with pytest.raises(EnvironmentFailure, match="makes volumes on other, and the server under test is filer"):
        classes.directory(_volume(nfs={"server": "other", "path": "/vol/a"}))


def test_what_is_kept_under_another_name_is_left() -> None:
    folders = SimpleNamespace(shell=lambda _: "pv-1\narchived-pv-1\npv-2\nold/pv-1\n")
    server = SimpleNamespace(endpoint="filer", files=lambda export: {"/vol": folders}[export.path])
    classes = StorageClasses(_namespace(FakeKube()), cast(Any, server), TEMPLATE)
    left = classes.left_of(Export("a", "/vol/pv-1", ""), Export("b", "/vol/pv-3", ""))
    assert left == ["/vol/pv-1", "/vol/archived-pv-1", "/vol/old/pv-1"]


class Running(FakeKube):
    """Pods run and volumes are bound as soon as they are asked for."""

    def wait(self, kind: str, name: str, namespace: str | None = None, **_: Any) -> Document | None:
        return self.get(kind, name, namespace)


def test_the_own_provisioner_is_told_its_export_and_its_rights_go_with_its_namespace() -> None:
    kube = Running()
    kube.put("Namespace", "ns")
    kube.objects["Namespace", "ns"]["metadata"]["uid"] = "7"
    shared = Export("a", "/exports/a", "rw")
    pod, template = start_provisioner(
        _namespace(kube), shared, "filer", node="worker", image="provisioner:lab", lie="names-lead-out"
    )
    spec = kube.objects["Pod", "provisioner"]["spec"]
    assert spec["nodeName"] == "worker"
    told = {variable["name"]: variable["value"] for variable in spec["containers"][0]["env"]}
    assert told == {
        "PROVISIONER": template["provisioner"],
        "NFS_SERVER": "filer",
        "NFS_PATH": "/exports/a",
        "LIE": "names-lead-out",
    }
    binding = kube.objects["ClusterRoleBinding", "nfs-provisioner-ns"]
    assert binding["metadata"]["ownerReferences"][0]["uid"] == "7"
    assert (binding["roleRef"]["name"], binding["subjects"][0]["namespace"]) == ("nfs-provisioner-ns", "ns")
    assert pod.name == "provisioner"


def test_volumes_of_the_suites_classes_are_left_over_too() -> None:
    kube = FakeKube()
    kube.put("StorageClass", "ours")
    kube.put("PersistentVolume", "pvc-1", spec={"storageClassName": "ours"})
    assert "PersistentVolume pvc-1" in delete_leftovers(cast(Any, kube), "r")
    assert ("PersistentVolume", "pvc-1") not in kube.objects


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[storage]\nclass = 'x'",
            'storage.class is one of a cluster that is there already: cluster.kind = "existing"',
        ),
        ("[storage]\nclas = 'x'", "unknown key storage.clas, did you mean storage.class?"),
        ("[nfs]\nfeatures = ['dynamic-provisioning']", "is declared by the section storage"),
        (
            "[storage]\nown_provisioner = true\n[cluster]\nkind = 'existing'\nservice_account = true\n"
            "[server]\nkind = 'external'\nexport = 'filer:/vol'",
            "storage.own_provisioner is for the suite's own cluster: here, name one of its classes",
        ),
    ],
)
def test_a_mistake_about_the_class_is_named(text: str, words: str) -> None:
    with pytest.raises(TargetError) as refused:
        parse(text)
    assert words in str(refused.value)


def test_a_class_is_declared_by_its_section() -> None:
    assert "dynamic-provisioning" in parse("[storage]\nown_provisioner = true").features
    assert "dynamic-provisioning" not in parse("format = 1").features
    (template,) = load("nfs-dynamic-class.yml")
    assert template["parameters"] == {"onDelete": "delete"}
