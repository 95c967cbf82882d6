"""`python -m lab`: exit codes, and what is said on the way."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import host, paths, processes, state, world
from lab.__main__ import COMMANDS, main
from lab.errors import LabError
from lab.host import Finding
from lab.processes import ProcessId
from lab.state import State

Output = pytest.CaptureFixture[str]
Spawn = Callable[..., "subprocess.Popen[str]"]


def test_help_names_every_command_and_how_to_have_a_second_lab(capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert [word for word in (*COMMANDS, "NFS_CONFORMANCE_CACHE") if f"{word} " not in said] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["levitate"], "'levitate'"),
        ([], "COMMAND"),
        (["logs"], "machine"),
        (["shell", "router"], "cluster"),
    ],
    ids=["unknown command", "no command", "no machine", "unknown machine"],
)
def test_wrong_usage_exits_2_and_says_what_is_wrong(arguments: list[str], words: str, capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_status_with_nothing_up_exits_1_and_says_so(capsys: Output) -> None:
    assert main(["status"]) == 1
    assert capsys.readouterr().out == "the lab is down\n"


def test_down_with_nothing_up_says_so(capsys: Output, cache: Path) -> None:
    assert main(["down"]) == 0
    assert capsys.readouterr().out == "down: nothing was up\n"
    assert not (cache / "world").exists()


def test_down_ends_what_no_record_names(capsys: Output, spawn: Spawn) -> None:
    lost = spawn("sleep", "60", **processes.mark())
    assert main(["down"]) == 0
    assert capsys.readouterr().out == "down: 1 process ended\n"
    assert lost.wait(5) == -signal.SIGKILL


def test_down_ends_every_world(capsys: Output, spawn: Spawn, cache: Path) -> None:
    with paths.as_in_world(2):
        lost = spawn("sleep", "60", **processes.mark())
    assert main(["down"]) == 0
    assert capsys.readouterr().out == "down: 1 process ended\n"
    assert lost.wait(5) == -signal.SIGKILL
    assert list(cache.glob("world*")) == [cache / "world.lock"]


def test_status_lists_the_machines_of_every_world(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    holder = ProcessId.of(os.getpid())
    for number in (1, 2):
        with paths.as_in_world(number):
            golden = dict.fromkeys(world.ADDRESSES)
            State(holder.pid, holder.started, "key", "bare", 2560, 640, number, 0, golden).save()
    assert main(["status"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if "MiB" in line]
    assert [(row[1], row[3]) for row in rows] == [(n, m) for n in "12" for m in ("cluster", "storage")]


def test_down_leaves_a_lab_that_another_command_uses(capsys: Output, spawn: Spawn) -> None:
    used = spawn("sleep", "60", **processes.mark())
    with state.exclusive("a run of the suite"):
        assert main(["down"]) == 1
    assert "error: the lab is in use by" in (said := capsys.readouterr().err)
    assert "a run of the suite" in said
    assert used.poll() is None


@pytest.mark.parametrize("arguments", [["logs", "cluster"], ["shell", "storage"]], ids=["logs", "shell"])
def test_a_machine_that_is_not_up_is_an_error_with_its_mend(arguments: list[str], capsys: Output) -> None:
    assert main(arguments) == 1
    assert "error: no lab is up; run: python -m lab up" in capsys.readouterr().err


@pytest.mark.parametrize(("mend", "code"), [(None, 0), ("Run: make host-packages", 1)], ids=["well", "ill"])
def test_the_doctor_exits_1_when_something_is_to_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, cache: Path, mend: str | None, code: int
) -> None:
    monkeypatch.setattr(host, "examine", lambda: [Finding("memory", "a lot"), Finding("bison", "here", mend=mend)])
    assert main(["doctor"]) == code
    said = capsys.readouterr().out
    assert f"cache: {cache}" in said
    assert ("make host-packages" in said) is bool(mend)


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [(LabError("no tun"), 1, "error: no tun"), (KeyboardInterrupt(), 130, "python -m lab down")],
    ids=["error", "interrupt"],
)
def test_a_command_that_ends_early_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, failure: BaseException, code: int, words: str
) -> None:
    def fail() -> None:
        raise failure

    monkeypatch.setattr(host, "require", fail)
    assert main(["build"]) == code
    assert words in capsys.readouterr().err
