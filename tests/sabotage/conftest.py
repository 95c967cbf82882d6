"""All lies are told in one world, which is made once: a kept lab."""

from collections.abc import Iterator

import pytest

from tests.lab_world.suite_run import lab


@pytest.fixture(scope="session", autouse=True)
def world_of_lies() -> Iterator[None]:
    lab("down")
    yield
    lab("down")
