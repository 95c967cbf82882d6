"""Four databases in one pod: their manifest, their images, and what is said of their logs."""

from typing import Any, cast

import pytest

from certify.errors import Violation
from fixtures.commands import CommandResult
from fixtures.engines.docker_images import PULLED
from fixtures.kube.manifests import load, with_images
from fixtures.kube.namespace import Namespace
from fixtures.workloads.databases import Databases
from lab.build.images import image_names
from tests.fixtures_room.fakes import FakeKube, result

NAMES = ["postgresql", "mariadb", "redis", "sqlite"]


class TalkingKube(FakeKube):
    """Its pods' containers answer every command with `said` and log their name."""

    said = result("1|ink\n2|paper\n")

    def exec(self, pod: str, namespace: str, argv: list[str], *, container: str = "") -> CommandResult:
        self.log.append(f"exec {argv[0]} in {namespace}/{pod}/{container}")
        return self.said

    def logs(self, pod: str, namespace: str, *, container: str = "", previous: bool = False) -> str:
        return "" if previous else f"log of {namespace}/{pod}/{container}"

    def events(self, namespace: str, name: str = "") -> list[str]:
        return [f"event of {namespace}{name}"]


@pytest.fixture
def kube() -> TalkingKube:
    return TalkingKube()


@pytest.fixture
def namespace(kube: TalkingKube) -> Namespace:
    return Namespace(cast(Any, kube), "scenario", run="0123abcd", server="10.99.0.3", nfs_version="4.2")


@pytest.fixture
def databases(namespace: Namespace) -> Databases:
    return Databases(namespace, image_names().databases, "worker", {})


def test_every_database_has_a_directory_of_the_claim_to_itself_and_no_root() -> None:
    (document,) = load("databases.yml")
    spec = document["spec"]["template"]["spec"]
    assert [container["name"] for container in spec["containers"]] == NAMES
    assert [container["volumeMounts"][0]["subPath"] for container in spec["containers"]] == NAMES
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]) == (999, 999)
    assert spec["volumes"][0]["persistentVolumeClaim"] == {"claimName": "nfs-pvc-mysql-myshop"}


def test_the_labs_image_answers_to_the_names_in_the_manifest() -> None:
    (document,) = load("databases.yml")
    images = {entry["name"]: entry["image"] for entry in document["spec"]["template"]["spec"]["containers"]}
    for ours in (image_names().databases, PULLED.databases):
        assert list(ours) == NAMES
        assert {**ours, "sqlite": images["sqlite"]} == images
        fitted = with_images(document, ours)["spec"]["template"]["spec"]["containers"]
        assert [container["image"] for container in fitted] == list(ours.values())


def test_they_are_pinned_to_the_node_that_has_their_images(kube: TalkingKube, databases: Databases) -> None:
    databases.deploy()
    assert kube.objects["StatefulSet", "databases"]["spec"]["template"]["spec"]["nodeName"] == "worker"


def test_a_client_is_asked_in_its_own_container(kube: TalkingKube, databases: Databases) -> None:
    assert databases.ask("redis", "LRANGE", "goods", "0", "-1") == ["1|ink", "2|paper"]
    assert kube.log == ["exec redis-cli in scenario/databases-0/redis"]


def test_a_client_that_ends_with_an_error_is_a_violation(kube: TalkingKube, databases: Databases) -> None:
    kube.said = result(code=1, err="no such table: goods")
    with pytest.raises(Violation, match="no such table"):
        databases.ask("sqlite", "SELECT 1 FROM goods")


def test_a_failure_shows_the_log_of_every_container(kube: TalkingKube, namespace: Namespace) -> None:
    two = {"containers": [{"name": "one"}, {"name": "other"}]}
    kube.put("Pod", "pod", spec=two)
    kube.put("Pod", "single", spec={"containers": [{"name": "one"}]})
    logs = {name: text for name, text in namespace.describe().items() if name.endswith(".log")}
    assert logs == {
        "pod-pod-one.log": "log of scenario/pod/one",
        "pod-pod-other.log": "log of scenario/pod/other",
        "pod-single.log": "log of scenario/single/one",
    }
