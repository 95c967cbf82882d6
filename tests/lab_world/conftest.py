"""Every test here has the lab to itself: it begins and ends with nothing up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab_world.ordinary_user import OrdinaryUser
from tests.lab_world.ordinary_user import ordinary_user as make_ordinary_user
from tests.lab_world.suite_run import lab


@pytest.fixture(autouse=True)
def lab_is_down() -> Iterator[None]:
    lab("down")
    yield
    lab("down")


@pytest.fixture
def ordinary_user(tmp_path: Path) -> Iterator[OrdinaryUser]:
    with make_ordinary_user(tmp_path) as user:
        yield user
