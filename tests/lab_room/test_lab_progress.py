"""What a person is told while the lab works, on a terminal and elsewhere."""

import threading
import time

import pytest

from lab.progress import Reporter, duration

Output = pytest.CaptureFixture[str]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes any output for a terminal then
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_time_passing(capsys: Output) -> None:
    with Reporter() as reporter, reporter.task("boot the machines"):
        time.sleep(1.3)
    shown = capsys.readouterr().err
    assert "boot the machines" in shown
    assert "0:00:01" in shown


@pytest.mark.usefixtures("terminal")
def test_no_thread_is_left_between_tasks() -> None:
    before = threading.enumerate()
    with Reporter() as reporter:
        assert threading.enumerate() == before
        with reporter.task("build"):
            assert len(threading.enumerate()) == len(before) + 1
        assert threading.enumerate() == before
        with pytest.raises(OSError, match="full"), reporter.task("build more"):
            raise OSError("the disk is full")
        assert threading.enumerate() == before


def test_elsewhere_there_are_plain_lines(capsys: Output) -> None:
    with Reporter() as reporter, reporter.task("boot the machines"):
        pass
    assert capsys.readouterr().err == "boot the machines ...\nboot the machines: done in 0.0 s\n"


def test_durations_read_well() -> None:
    assert [duration(seconds) for seconds in (4.21, 59.94, 192)] == ["4.2 s", "59.9 s", "3 min 12 s"]
