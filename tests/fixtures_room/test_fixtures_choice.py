"""The engine and the source of its images: what is chosen, why, and what is refused."""

from collections.abc import Callable

import pytest

from certify.errors import TargetError
from fixtures.engines.choose import choose
from fixtures.engines.docker_engine import unusable_because


def says(problem: str) -> Callable[[], str]:
    return lambda: problem


def must_not_be_asked() -> str:
    pytest.fail("need not be asked")


def test_the_environments_engine_comes_first() -> None:
    choice = choose("auto", "auto", says(""), says(""))
    assert (choice.engine, choice.images) == ("docker", "pull")
    assert str(choice) == (
        "engine docker: an Engine answers and its kernel has the NFS client and nfsd; images: pull, a registry answers"
    )


def test_the_lab_is_the_fallback_and_says_why() -> None:
    choice = choose("auto", "auto", says("its kernel has no nfsd"), must_not_be_asked)
    assert (choice.engine, choice.images) == ("lab", "build")
    assert str(choice).startswith("engine lab: its kernel has no nfsd; images: build, ")


def test_the_lab_when_asked_for_looks_at_nothing_else() -> None:
    assert choose("lab", "auto", must_not_be_asked, must_not_be_asked).engine == "lab"


def test_an_engine_without_a_registry_gets_built_images() -> None:
    choice = choose("docker", "auto", says(""), says("no registry answers the Engine"))
    assert (choice.images, choice.images_reason) == ("build", "no registry answers the Engine")
    assert choose("docker", "build", says(""), must_not_be_asked).images == "build"


@pytest.mark.parametrize(
    ("engine", "images", "message"),
    [
        ("docker", "auto", "its kernel has no nfsd; --engine=lab"),
        ("podman", "auto", "--engine=podman is unknown: use one of auto, docker, lab"),
        ("lab", "pull", "--images=pull needs --engine=docker"),
        ("lab", "guess", "--images=guess is unknown: use one of auto, pull, build"),
    ],
)
def test_what_cannot_be_met_is_refused(engine: str, images: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        choose(engine, images, says("its kernel has no nfsd"), must_not_be_asked)


def test_pulling_without_a_registry_is_refused() -> None:
    with pytest.raises(TargetError, match="no registry answers the Engine; --images=build"):
        choose("docker", "pull", says(""), says("no registry answers the Engine"))


def test_an_engine_that_is_not_there_is_named_in_words_of_ours() -> None:
    where = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    assert unusable_because(where) == "no Docker Engine answers at unix:///nowhere/docker.sock (there is none)"
