"""Golden disks: found again by what went into them, never used when damaged."""

from pathlib import Path
from typing import Any, cast

import pytest

from lab.boot import wait_for_first_answer
from lab.build import entry
from lab.build.step import Step
from lab.errors import LabError
from lab.golden import Golden


def step(name: str, parameters: object = None) -> Step:
    return Step(name, lambda _: None, parameters=parameters)


STEPS = (step("kernel"), step("disk"))


class FakeMachine:
    """Its disk holds `content`; without any it cannot be copied."""

    def __init__(self, content: bytes | None) -> None:
        self._content = content

    def snapshot(self, target: Path) -> None:
        target.write_bytes(b"half")
        if self._content is None:
            raise LabError("machine cluster has no disk of its own to copy")
        target.write_bytes(self._content)


def save(golden: Golden, content: bytes | None = b"disk") -> Golden:
    golden.save(cast(Any, FakeMachine(content)))
    return golden


def test_the_key_is_the_same_for_the_same_products_and_recipe() -> None:
    assert Golden.of("cluster", STEPS, "bare") == Golden.of("cluster", (step("kernel"), step("disk")), "bare")


@pytest.mark.parametrize(
    ("machine", "steps", "recipe"),
    [
        pytest.param("storage", STEPS, "bare", id="machine"),
        pytest.param("cluster", STEPS, "two workers", id="recipe"),
        pytest.param("cluster", STEPS[:1], "bare", id="product less"),
        pytest.param("cluster", (step("kernel"), step("disk", parameters=1)), "bare", id="other product"),
    ],
)
def test_the_key_covers_machine_products_and_recipe(machine: str, steps: tuple[Step, ...], recipe: str) -> None:
    assert Golden.of(machine, steps, recipe).key != Golden.of("cluster", STEPS, "bare").key


def test_a_saved_disk_is_usable_and_an_absent_one_is_not() -> None:
    golden = Golden.of("cluster", STEPS, "bare")
    assert not golden.usable()
    save(golden)
    assert golden.usable()
    assert golden.disk.read_bytes() == b"disk"


def test_a_damaged_disk_is_refused_and_removed() -> None:
    golden = save(Golden.of("cluster", STEPS, "bare"))
    golden.disk.write_bytes(b"dis")
    assert not golden.usable()
    assert not golden.folder.exists()


def test_a_disk_without_manifest_is_refused() -> None:
    golden = save(Golden.of("cluster", STEPS, "bare"))
    (golden.folder / entry.MANIFEST).unlink()
    assert not golden.usable()


def test_saving_replaces_the_machines_earlier_disk_and_no_other_machines() -> None:
    earlier = save(Golden.of("cluster", STEPS, "earlier"))
    other = save(Golden.of("storage", STEPS, ""))
    golden = save(Golden.of("cluster", STEPS, "bare"))
    assert sorted(golden.folder.parent.iterdir()) == sorted([golden.folder, other.folder])
    assert not earlier.usable()


def test_a_disk_that_cannot_be_copied_leaves_nothing_behind() -> None:
    golden = Golden.of("cluster", STEPS, "bare")
    with pytest.raises(LabError, match="no disk of its own"):
        save(golden, None)
    assert list(golden.folder.parent.iterdir()) == []


class SilentMachine:
    """Its Docker Engine never answers."""

    def wait_for_engine(self, within: float) -> None:
        raise LabError(f"waited {within:g} s for the Docker Engine of machine cluster")


def test_a_disk_that_does_not_boot_is_removed() -> None:
    golden = save(Golden.of("cluster", STEPS, "bare"))
    with pytest.raises(LabError, match=r"removed from the cache: run again"):
        wait_for_first_answer(cast(Any, SilentMachine()), golden)
    assert not golden.usable()


def test_a_machine_that_boots_afresh_and_does_not_answer_blames_no_disk() -> None:
    with pytest.raises(LabError, match=r"^waited 90 s for the Docker Engine of machine cluster$"):
        wait_for_first_answer(cast(Any, SilentMachine()), None)
