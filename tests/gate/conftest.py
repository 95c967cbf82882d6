"""What every change is tried by: one world for all tests here, made by the first and gone after the last."""

from collections.abc import Iterator

import pytest

from tests.lab_world.suite_run import expect_nothing_left, lab


@pytest.fixture(scope="session", autouse=True)
def kept_world() -> Iterator[None]:
    """Nothing is up before, and nothing is left afterwards, of this run or of any that it started."""
    lab("down")
    yield
    lab("down")
    expect_nothing_left()
