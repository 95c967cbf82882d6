"""The key of a step changes with whatever goes into its product, and with nothing else."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.build.step import Step
from lab.build.workshop import Job


def do_nothing(_: Job) -> None:
    """A `make` whose product does not matter."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source folder with a file at its top and one further down."""
    folder = tmp_path / "here" / "machine"
    (folder / "etc").mkdir(parents=True)
    (folder / "init").write_text("#!/bin/sh\n")
    (folder / "etc" / "hosts").write_text("127.0.0.1 localhost\n")
    return folder


def step(
    source: Path,
    name: str = "disk",
    make: Callable[[Job], None] = do_nothing,
    parameters: object = None,
    needs: tuple[Step, ...] = (),
) -> Step:
    return Step(name, make, needs=needs, sources=(source,), parameters=parameters)


def test_an_entry_is_named_after_step_and_key(source: Path) -> None:
    one = step(source)
    assert len(one.key) == 16
    assert int(one.key, 16)
    assert one.entry == f"disk-{one.key}"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: (s / "etc/hosts").write_text("127.0.0.2 localhost\n"), id="bytes"),
        pytest.param(lambda s: (s / "init").chmod(0o755), id="executable bit"),
        pytest.param(lambda s: (s / "init").rename(s / "start"), id="file name"),
        pytest.param(lambda s: (s / "init").rename(s / "etc/init"), id="place"),
        pytest.param(lambda s: (s / "empty").touch(), id="file more"),
        pytest.param(lambda s: (s / "init").unlink(), id="file less"),
    ],
)
def test_the_key_changes_with_the_sources(source: Path, change: Callable[[Path], object]) -> None:
    before = step(source).key
    change(source)
    assert step(source).key != before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: os.utime(s / "init", (0, 0)), id="time"),
        pytest.param(lambda s: (s / "init").chmod(0o600), id="other mode bits"),
        pytest.param(lambda s: (s / "var").mkdir(), id="empty folder"),
        pytest.param(lambda s: (s.parent / "neighbour").touch(), id="file beside it"),
    ],
)
def test_the_key_stays_when_the_sources_do(source: Path, change: Callable[[Path], object]) -> None:
    (source / "init").chmod(0o644)
    before = step(source).key
    change(source)
    assert step(source).key == before


def test_the_key_is_the_same_in_another_checkout(source: Path, tmp_path: Path) -> None:
    other = shutil.copytree(source, tmp_path / "there" / "machine")
    assert step(other).key == step(source).key


def test_the_key_changes_with_name_parameters_and_needs(source: Path) -> None:
    need, changed_need = step(source, "need"), step(source, "need", parameters=1)
    steps = [
        step(source),
        step(source, name="disk2"),
        step(source, parameters={"size": 1}),
        step(source, parameters={"size": 2}),
        step(source, needs=(need,)),
        step(source, needs=(changed_need,)),
        step(source, needs=(need, changed_need)),
        step(source / "init"),
    ]
    assert len({one.key for one in steps}) == len(steps)


def test_the_key_changes_with_the_needs_of_its_needs(source: Path) -> None:
    def top(version: int) -> Step:
        bottom = step(source, "bottom", parameters=version)
        return step(source, "top", needs=(step(source, "middle", needs=(bottom,)),))

    assert top(1).key != top(2).key


def test_the_key_depends_neither_on_the_order_of_parameters_nor_on_the_function(source: Path) -> None:
    one = step(source, parameters={"a": 1, "b": 2})
    other = step(source, parameters={"b": 2, "a": 1}, make=lambda _: None)
    assert one.key == other.key
