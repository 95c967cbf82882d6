"""What was asked for wrongly is refused before anything is built, and what only shows something starts nothing."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.session.asked import SUITES, runs_scenarios

_ROOT = SUITES.parent
_SHOWS = dict.fromkeys(
    ("collectonly", "plan", "help", "markers", "showfixtures", "show_fixtures_per_test", "setupplan"), False
)


def _config(here: Path, *arguments: str, **shown: bool) -> Any:
    invocation = SimpleNamespace(dir=here)
    return SimpleNamespace(option=SimpleNamespace(**_SHOWS | shown), args=arguments, invocation_params=invocation)


@pytest.mark.parametrize("argument", ["../suites/squash", "../suites", "..", "../tests/../suites/io/test_a.py::test_b"])
def test_a_path_through_another_folder_leads_to_scenarios(argument: str) -> None:
    assert runs_scenarios(_config(_ROOT / "docs", argument))


def test_the_projects_own_tests_are_no_scenarios() -> None:
    assert not runs_scenarios(_config(_ROOT, "tests", "tests/lab_room"))


@pytest.mark.parametrize("shown", list(_SHOWS))
def test_what_only_shows_something_runs_nothing(shown: str) -> None:
    assert not runs_scenarios(_config(_ROOT, "suites", **{shown: True}))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["suites/squahs"], "file or directory not found: suites/squahs"),
        (["suites/mount/test_uploaded_file_is_on_the_server.py::test_nothing"], "not found: "),
        (["suites", "-m", "nosuch"], "Unknown marker(s) in '-m' expression: nosuch"),
        (["suites", "-k", "nothing_like_this", "-n", "2"], "no scenario is selected"),
    ],
)
def test_what_selects_nothing_is_refused_before_anything_is_made(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    cache, report = tmp_path / "cache", tmp_path / "earlier.xml"
    report.write_text("an earlier report")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, f"--junitxml={report}", f"--report-dir={tmp_path}/reports"],
        cwd=_ROOT,
        env={**os.environ, "NFS_CONFORMANCE_CACHE": str(cache), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR, run.stdout
    assert said in run.stderr
    assert list(tmp_path.iterdir()) == [report]
    assert report.read_text() == "an earlier report"
