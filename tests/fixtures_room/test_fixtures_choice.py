"""The engine and the source of its images: what is chosen, why, and what is refused."""

from types import SimpleNamespace
from typing import Any

import docker
import pytest

from certify.errors import TargetError
from fixtures.engines import docker_fitness
from fixtures.engines.choose import Surroundings, choose
from fixtures.engines.docker_fitness import no_engine_because


def around(no_engine: str | None = None, unusable: str | None = None, silent: str | None = None) -> Surroundings:
    """What the Engine's surroundings answer; what is None must not be asked."""

    def answer(problem: str | None) -> str:
        if problem is None:
            pytest.fail("need not be asked")
        return problem

    return Surroundings(lambda: answer(no_engine), lambda _: answer(unusable), lambda _: answer(silent))


def test_the_environments_engine_comes_first() -> None:
    choice = choose("auto", around=around(unusable="", silent=""))
    assert (choice.engine, choice.images) == ("docker", "pull")
    assert str(choice) == (
        "engine docker: an Engine answers and its kernel has the NFS client and nfsd; images: pull, a registry answers"
    )


def test_the_lab_is_the_fallback_and_says_why() -> None:
    choice = choose("auto", around=around(unusable="its kernel has no nfsd"))
    assert (choice.engine, choice.images) == ("lab", "build")
    assert str(choice).startswith("engine lab: its kernel has no nfsd; images: build, ")


def test_the_lab_when_asked_for_looks_at_nothing_else() -> None:
    assert choose("lab", around=around()).engine == "lab"


def test_an_engine_without_a_registry_gets_built_images() -> None:
    choice = choose("docker", around=around(no_engine="", silent="no registry answers"))
    assert (choice.images, choice.images_reason) == ("build", "no registry answers")
    assert choose("docker", "build", around=around(no_engine="")).images == "build"


def test_a_mirror_gives_all_images() -> None:
    choice = choose("docker", image_prefix="mirror.example.org/", around=around(no_engine="", silent=""))
    assert (choice.images, choice.image_prefix) == ("pull", "mirror.example.org/")
    assert str(choice) == "engine docker: asked for; images: pull, from mirror.example.org/"


def test_a_cluster_that_is_there_already_needs_no_engine() -> None:
    choice = choose("auto", around=around(), cluster="their.kubeconfig staging")
    assert (choice.engine, choice.cluster) == ("none", "their.kubeconfig staging")
    assert str(choice) == (
        "engine none: cluster and server are there already, pods are the plain clients; "
        "images: pull, by the cluster's nodes"
    )
    assert choose("lab", around=around(), cluster="theirs").engine == "lab"
    with pytest.raises(TargetError, match="is for a cluster that is there already"):
        choose("none", around=around())
    with pytest.raises(TargetError, match=r"cluster\.image_prefix says where"):
        choose("none", image_prefix="mirror/", around=around(), cluster="theirs")


@pytest.mark.parametrize(
    ("engine", "images", "prefix", "message"),
    [
        ("docker", "auto", "", "no Docker Engine answers; --engine=lab"),
        ("podman", "auto", "", "--engine=podman is unknown: use one of auto, docker, lab"),
        ("lab", "pull", "", "--images=pull needs --engine=docker"),
        ("lab", "guess", "", "--images=guess is unknown: use one of auto, pull, build"),
        ("lab", "auto", "mirror/", "--image-prefix needs --engine=docker"),
    ],
)
def test_what_cannot_be_met_is_refused(engine: str, images: str, prefix: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        choose(engine, images, prefix, around(no_engine="no Docker Engine answers"))


@pytest.mark.parametrize("engine", ["auto", "docker"])
def test_a_server_outside_needs_an_engine_whose_kernel_need_not_serve(engine: str) -> None:
    with pytest.raises(TargetError, match="no Docker Engine answers; the lab's network leads nowhere"):
        choose(engine, around=around(no_engine="no Docker Engine answers"), server_outside=True)
    assert choose(engine, around=around(no_engine="", silent=""), server_outside=True).engine == "docker"
    assert choose("lab", around=around(), server_outside=True).engine == "lab"


@pytest.mark.parametrize(
    ("images", "prefix", "message"),
    [
        ("pull", "", "no registry answers; --images=build"),
        ("pull", "mirror/", "--image-prefix=mirror/ cannot be used: no registry answers"),
        ("build", "mirror/", "--image-prefix has images pulled: leave out --images=build"),
    ],
)
def test_pulling_without_a_registry_is_refused(images: str, prefix: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        choose("docker", images, prefix, around(no_engine="", silent="no registry answers"))


def test_an_engine_that_is_not_there_is_named_in_words_of_ours() -> None:
    where = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    assert no_engine_because(where) == "no Docker Engine answers at unix:///nowhere/docker.sock (there is none)"


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}, "the Docker Engine is rootless, and "),
        ({"CgroupVersion": "1"}, "the Docker Engine's machine has cgroups of version 1, and kubelets want version 2"),
        ({"SecurityOptions": None, "CgroupVersion": "2"}, ""),
    ],
)
def test_an_engine_that_could_not_carry_a_cluster_is_named(
    info: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker, "from_env", lambda **_: SimpleNamespace(info=lambda: info))
    said = docker_fitness.no_engine_because()
    assert said.startswith(problem) and bool(said) == bool(problem)
