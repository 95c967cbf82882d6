"""A small project with scenarios, run by a pytest of its own as an operator would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

HEADER = """
import os, signal, time
import pytest
from certify.declare import MUST, EnvironmentFailure, NotSupported, Violation, requirement
from certify.plugin import environment

def promise(number, area="IO", **more):
    return requirement(f"NFSK8S-{area}-{number:03}", level=MUST, cites=["exports(5)"], since="0.1", **more)
"""

Project = Callable[..., pytest.Pytester]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a function that writes scenario files (name to source) and returns the project."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    # What the inner run needs is named below; loading every installed plugin takes longer than the tests.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    # The outer run may be a worker or carry options that the inner one must not inherit.
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)

    def write(**scenarios: str) -> pytest.Pytester:
        pytester.makeini("[pytest]\naddopts = -p xdist -p certify.plugin -p no:cacheprovider\n")
        suites = pytester.path / "suites"
        suites.mkdir(exist_ok=True)
        for name, source in scenarios.items():
            (suites / f"test_{name}.py").write_text(HEADER + source)
        return pytester

    return write
