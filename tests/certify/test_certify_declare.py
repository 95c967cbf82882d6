"""A scenario declares its requirement completely, or cannot be imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from certify.declare import MUST, requirement
from certify.errors import Violation
from certify.requirement import requirement_of

REPOSITORY = Path(__file__).parents[2]


def scenario() -> None:
    """The promise, in one
    sentence.

    Observed: both sides.
    """


def silent() -> None:
    pass


def declare(function: Callable[[], None], name: str = "NFSK8S-SQUASH-002", cite: str = "exports(5)") -> None:
    requirement(name, level=MUST, features={"root_squash"}, cites=[cite], since="0.1")(function)


def test_the_docstring_is_the_requirement() -> None:
    declare(scenario)
    found = requirement_of(scenario)
    assert found is not None
    assert (found.id, found.area, found.level) == ("NFSK8S-SQUASH-002", "SQUASH", MUST)
    assert found.summary == "The promise, in one sentence."
    assert found.description == "Observed: both sides."


@pytest.mark.parametrize("name", ["SQUASH-002", "NFSK8S-squash-002", "NFSK8S-SQUASH-2", "NFSK8S-SQUASH-0022"])
def test_a_malformed_id_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="malformed"):
        declare(scenario, name=name)


def test_a_missing_docstring_or_citation_is_refused() -> None:
    with pytest.raises(ValueError, match="no docstring"):
        declare(silent)
    with pytest.raises(ValueError, match="cites nothing"):
        declare(scenario, cite=" ")


def test_a_violation_reads_as_expected_and_seen() -> None:
    error = Violation("the owner is anonymous", expected=65534, seen="0\nroot")
    assert str(error) == "the owner is anonymous\n  expected: 65534\n  seen:     0\n            root"


def test_declaring_needs_no_pytest() -> None:
    code = "import certify.declare, sys; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0
