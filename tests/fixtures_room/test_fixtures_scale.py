"""How many claims come at once."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify.errors import TargetError
from fixtures.session.options import scale


def _config(asked: str | None) -> Any:
    return cast(Any, SimpleNamespace(getoption=lambda _: asked))


def test_fifty_come_unless_another_number_is_asked_for() -> None:
    assert scale(_config(None)) == 50
    assert scale(_config("400")) == 400


@pytest.mark.parametrize("asked", ["0", "-1", "many", "2001", "1.5", ""])
def test_a_number_that_makes_no_sense_is_refused(asked: str) -> None:
    with pytest.raises(TargetError, match=f"--scale={asked}: use a number of claims, of 2000 at most"):
        scale(_config(asked))
