"""Every test here has the lab to itself: it begins and ends with nothing up.

LAB_PART=2/3 in the environment takes the second third of them, so that a CI that runs often sees all in turn.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab_world.ordinary_user import OrdinaryUser
from tests.lab_world.ordinary_user import ordinary_user as make_ordinary_user
from tests.lab_world.suite_run import lab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    part, _, parts = os.environ.get("LAB_PART", "1/1").partition("/")
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    others_turn = [item for number, item in enumerate(ours) if number % int(parts) != int(part) - 1]
    items[:] = [item for item in items if item not in others_turn]


@pytest.fixture(autouse=True)
def lab_is_down() -> Iterator[None]:
    lab("down")
    yield
    lab("down")


@pytest.fixture
def ordinary_user(tmp_path: Path) -> Iterator[OrdinaryUser]:
    with make_ordinary_user(tmp_path) as user:
        yield user
