"""The article's manifests, how they are fitted to a scenario, and the order in which a scenario's objects end."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.kube import leftovers
from fixtures.kube.leftovers import delete_leftovers, wait_for_deleted
from fixtures.kube.manifests import SCENARIO_LABEL, claim, load, volume, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import ended_with, is_ready
from fixtures.waiting.patience import DeadlineExceeded
from tests.fixtures_room.fakes import FakeKube


@pytest.fixture
def kube() -> FakeKube:
    return FakeKube()


@pytest.fixture
def namespace(kube: FakeKube) -> Namespace:
    return Namespace(cast(Any, kube), "scenario", run="0123abcd", server="10.99.0.3", nfs_version="4.2")


def test_the_articles_volume_is_as_the_article_has_it() -> None:
    (document,) = load("nfs-pv-mysql.yml")
    assert document["metadata"]["name"] == "nfs-pv-mysql"
    assert document["spec"] == {
        "capacity": {"storage": "5Gi"},
        "accessModes": ["ReadWriteMany"],
        "persistentVolumeReclaimPolicy": "Recycle",
        "storageClassName": "",
        "nfs": {"path": "/usr/local/kubernetes/volumes", "server": "192.168.141.140", "readOnly": False},
    }


def test_the_articles_claim_is_as_the_article_has_it() -> None:
    (document,) = load("nfs-pvc-mysql-myshop.yml")
    assert document["metadata"]["name"] == "nfs-pvc-mysql-myshop"
    assert document["spec"]["accessModes"] == ["ReadWriteMany"]
    assert document["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
    assert document["spec"]["storageClassName"] == ""


def test_the_articles_deployment_is_todays_and_its_service_a_load_balancer() -> None:
    deployment, service = load("mysql-myshop.yml")
    assert (deployment["apiVersion"], deployment["metadata"]["name"]) == ("apps/v1", "mysql-myshop")
    template = deployment["spec"]["template"]
    assert template["metadata"]["labels"] == deployment["spec"]["selector"]["matchLabels"] == {"name": "mysql-myshop"}
    (container,) = template["spec"]["containers"]
    assert container["volumeMounts"] == [{"name": "nfs-vol-myshop", "mountPath": "/var/lib/mysql"}]
    assert template["spec"]["volumes"][0]["persistentVolumeClaim"] == {"claimName": "nfs-pvc-mysql-myshop"}
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert (service["spec"]["type"], service["spec"]["ports"]) == ("LoadBalancer", [{"port": 3306, "targetPort": 3306}])
    assert with_image(deployment, "mysql:x")["spec"]["template"]["spec"]["containers"][0]["image"] == "mysql:x"


def test_a_volume_is_fitted_to_a_scenario_without_touching_the_original() -> None:
    (article,) = load("nfs-pv-mysql.yml")
    fitted = volume(article, name="nfs-pv-mysql-x", server="10.99.0.3", path="/srv/x", nfs_version="3")
    assert fitted["spec"]["nfs"] == {"path": "/srv/x", "server": "10.99.0.3", "readOnly": False}
    assert fitted["spec"]["mountOptions"] == ["nfsvers=3"]
    assert article == load("nfs-pv-mysql.yml")[0]


def test_a_claim_only_matches_its_own_scenarios_volumes(namespace: Namespace) -> None:
    (article,) = load("nfs-pvc-mysql-myshop.yml")
    selector = claim(article, scenario="scenario")["spec"]["selector"]["matchLabels"]
    labels = namespace.create_volume("/srv/x")["metadata"]["labels"]
    assert selector.items() <= labels.items()
    assert selector == {SCENARIO_LABEL: "scenario"}


def test_volumes_have_no_namespace_and_names_of_their_own(kube: FakeKube, namespace: Namespace) -> None:
    namespace.create_volume("/srv/x")
    namespace.create_claim()
    assert kube.log == [
        "create PersistentVolume nfs-pv-mysql-scenario in None",
        "create PersistentVolumeClaim nfs-pvc-mysql-myshop in scenario",
    ]


def test_a_scenario_ends_with_pods_before_claims_before_volumes(kube: FakeKube, namespace: Namespace) -> None:
    for kind, name in (
        ("PersistentVolume", "volume"),
        ("PersistentVolumeClaim", "claim"),
        ("Pod", "pod"),
        ("Deployment", "deployment"),
    ):
        kube.put(kind, name)
    namespace.close()
    assert kube.log == [
        "delete Deployment deployment",
        "delete Pod pod",
        "patch PersistentVolume volume",
        "delete PersistentVolumeClaim claim",
        "delete PersistentVolume volume",
        "delete Namespace scenario",
    ]


def test_leftovers_are_asked_to_go_without_being_recycled(kube: FakeKube) -> None:
    kube.put("Namespace", "old")
    kube.put("Namespace", "going", metadata={"name": "going", "deletionTimestamp": "now"})
    kube.put("PersistentVolume", "old-volume")
    delete_leftovers(cast(Any, kube), "0123abcd")
    assert kube.log == [
        "delete Namespace old",
        "patch PersistentVolume old-volume",
        "delete PersistentVolume old-volume",
    ]


def test_volumes_that_were_deleted_are_waited_for_and_others_are_not(
    kube: FakeKube, monkeypatch: pytest.MonkeyPatch
) -> None:
    kube.put("PersistentVolume", "of-another-process")
    wait_for_deleted(cast(Any, kube), "0123abcd")
    monkeypatch.setattr(leftovers, "PATIENCE", SimpleNamespace(gone=0.1))
    kube.put("PersistentVolume", "going", metadata={"name": "going", "deletionTimestamp": "now"})
    with pytest.raises(DeadlineExceeded, match=r"the run's deleted volumes to be gone.*going"):
        wait_for_deleted(cast(Any, kube), "0123abcd")


def test_a_claim_that_a_node_may_not_read_yet_is_no_failed_mount(kube: FakeKube, namespace: Namespace) -> None:
    failed = [
        "Warning FailedMount Pod/one: MountVolume.SetUp failed for volume",
        "Warning FailedMount Pod/one: Unable to attach or mount volumes: timed out waiting for the condition",
    ]
    hidden = (
        "Warning FailedMount Pod/one: Unable to attach or mount volumes: failed to fetch PVC from API server: "
        "no relationship found between node 'worker' and this object"
    )
    for message in (hidden, *failed):
        kube.put("Event", message, message=message)
    assert namespace.failed_mounts() == failed


def test_a_pod_that_is_going_is_not_ready() -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    assert is_ready({"metadata": {}, "status": ready})
    assert not is_ready({"metadata": {"deletionTimestamp": "now"}, "status": ready})
    assert not is_ready({"metadata": {}, "status": {}})


def test_an_exit_code_is_found_in_this_run_or_the_one_before() -> None:
    ended = {"terminated": {"exitCode": 1}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    assert ended_with({"status": {"containerStatuses": [{"state": ended}]}}) == 1
    assert ended_with({"status": {"containerStatuses": [{"state": waiting, "lastState": ended}]}}) == 1
    assert ended_with({"status": {}}) is None
