"""Progress on the terminal: what has ended, what runs, and how long the rest takes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable

import pytest

from certify.forecast import Forecast
from tests.certify.conftest import REPOSITORY

Project = Callable[..., pytest.Pytester]
TWO = '''
@promise(1)
def test_first_promise():
    """It holds."""
    time.sleep(0.1)

@promise(2)
def test_second_promise():
    """It holds, too."""
    time.sleep(0.1)
'''


def test_the_rest_is_told_at_the_pace_of_what_has_ended() -> None:
    forecast = Forecast({"a": 10.0, "b": 20.0, "c": 30.0, "d": 40.0}, workers=2)
    forecast.begin("abcd")
    assert (forecast.done, forecast.total, forecast.seconds_left()) == (0, 4, None)
    forecast.finish("a", 500.0)  # it has waited for the cluster
    assert (forecast.done, forecast.total, forecast.seconds_left()) == (1, 4, 90 / 2)
    forecast.finish("b", 10.0)  # half of what was expected
    forecast.finish("c", 15.0)
    assert forecast.seconds_left() == 0.5 * 40, "one scenario is not shared out"
    forecast.finish("d", 20.0)
    assert (forecast.done, forecast.total, forecast.seconds_left()) == (4, 4, None)


def test_a_scenario_of_unknown_length_takes_as_long_as_others() -> None:
    forecast = Forecast({"a": 10.0, "b": 20.0, "c": 90.0}, workers=1)
    forecast.begin(["a", "new"])
    forecast.finish("a", 10.0)
    assert forecast.seconds_left() == 20.0


def test_a_terminal_shows_what_runs_and_a_file_only_what_has_ended(project: Project) -> None:
    inner = project(two=TWO)
    plain = inner.runpytest_subprocess("suites").stdout.str()
    assert "running:" not in plain
    assert "[1/2] It holds." in plain
    again = inner.runpytest_subprocess("suites").stdout.str()
    assert "[1/2, 0 s left] It holds." in again, "the last run tells how long the rest takes"

    shown = _on_a_terminal(inner)
    assert "[0/2] running: first promise" in shown
    assert "[1/2, 0 s left] running: second promise" in shown


def _on_a_terminal(inner: pytest.Pytester) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pytest", "suites"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TERM": "xterm"}
    with subprocess.Popen(command, cwd=inner.path, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # the other end is closed
            pass
        assert process.wait(30) == pytest.ExitCode.OK
    os.close(ours)
    return shown.decode()
