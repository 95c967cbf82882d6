"""Waiting with a deadline, and ending processes without ever hitting another."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import processes
from lab.errors import DeadlineExceeded, LabError
from lab.eventually import eventually
from lab.processes import ProcessId

Spawn = Callable[..., "subprocess.Popen[str]"]
SLEEPER = ("sleep", "60")


def wait_until_gone(process: ProcessId) -> None:
    eventually(lambda: not process.alive(), what=f"the end of {process}", within=5, every=0.01)


def test_a_result_is_awaited_and_returned() -> None:
    numbers = iter(range(10))
    assert eventually(lambda: next(numbers), until=lambda n: n == 3, what="three", within=5, every=0.001) == 3


def test_a_deadline_tells_what_was_awaited_how_long_and_what_was_seen_last() -> None:
    with pytest.raises(DeadlineExceeded) as late:
        eventually(lambda: "Pending", until=lambda s: s == "Ready", what="the pod", within=0.01, every=0.001)
    for words in ("the pod", "0.01 s", "last seen: 'Pending'"):
        assert words in str(late.value)
    assert isinstance(late.value, LabError)


def test_an_expected_error_counts_as_not_yet_and_is_seen_last() -> None:
    def refused() -> None:
        raise ConnectionRefusedError("nobody listens")

    with pytest.raises(DeadlineExceeded, match="last seen: ConnectionRefusedError: nobody listens") as late:
        eventually(refused, what="the Engine", within=0.01, every=0.001, retry_on=(OSError,))
    assert isinstance(late.value.__cause__, ConnectionRefusedError)


def test_an_unexpected_error_ends_the_wait_at_once() -> None:
    calls = iter([ValueError("broken"), AssertionError("asked again")])

    def broken() -> None:
        raise next(calls)

    with pytest.raises(ValueError, match="broken"):
        eventually(broken, what="the Engine", within=5, retry_on=(OSError,))


def test_this_process_is_alive_by_pid_and_start() -> None:
    this = ProcessId.of(os.getpid())
    assert this.alive()
    assert not ProcessId(this.pid, this.started - 1).alive()


def test_a_process_whose_name_looks_like_fields_is_recognised(spawn: Spawn, tmp_path: Path) -> None:
    program = tmp_path / "a) Z 1 (b"
    program.symlink_to(shutil.which("sh") or "/bin/sh")
    odd = spawn(str(program), "-c", "echo started; read line")
    assert odd.stdout is not None
    assert odd.stdout.readline() == "started\n"
    assert ProcessId.of(odd.pid).alive()


def test_an_ended_process_is_not_alive_even_before_it_is_reaped(spawn: Spawn) -> None:
    process = spawn("cat")
    identity = ProcessId.of(process.pid)
    process.kill()
    wait_until_gone(identity)
    assert Path(f"/proc/{process.pid}").exists(), "reaped too early to tell"
    with pytest.raises(ProcessLookupError, match=str(process.pid)):
        ProcessId.of(process.pid)


def test_a_process_group_is_killed_with_its_children(spawn: Spawn) -> None:
    leader = spawn("sh", "-c", "sleep 60 & echo $!; wait")
    assert leader.stdout is not None
    child = ProcessId.of(int(leader.stdout.readline()))
    identity = ProcessId.of(leader.pid)
    identity.kill_group(within=5)
    assert not identity.alive()
    wait_until_gone(child)


def test_the_only_child_is_found_in_whatever_session(spawn: Spawn) -> None:
    leader = spawn("sh", "-c", "setsid sleep 60 & echo $!; wait")
    assert leader.stdout is not None
    child = int(leader.stdout.readline())
    assert ProcessId.of(leader.pid).child() == child
    with pytest.raises(ProcessLookupError, match="has 0 children"):
        ProcessId.of(child).child()
    os.kill(child, signal.SIGKILL)


def test_a_process_that_only_got_the_same_pid_is_spared(spawn: Spawn) -> None:
    process = spawn(*SLEEPER)
    ProcessId(process.pid, ProcessId.of(process.pid).started - 1).kill_group()
    assert process.poll() is None


def test_killing_what_is_gone_is_no_error(spawn: Spawn) -> None:
    process = spawn(*SLEEPER)
    identity = ProcessId.of(process.pid)
    for _ in range(2):
        identity.kill_group(within=5)
    assert not identity.alive()


def test_exactly_the_marked_processes_of_this_world_are_killed(
    spawn: Spawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = [spawn(*SLEEPER, **processes.mark()) for _ in range(2)]
    ((name, world),) = processes.mark().items()
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("NFS_CONFORMANCE_CACHE", str(tmp_path / "other"))
        marks: list[dict[str, str]] = [processes.mark(), {name: f"{world}2"}, {"OTHER": f"{name}={world}"}, {}]
    others = [spawn(*SLEEPER, **variables) for variables in marks]

    assert processes.kill_marked() == len(marked)
    assert [process.wait(5) for process in marked] == [-signal.SIGKILL] * len(marked)
    assert [process.poll() for process in others] == [None] * len(others)
    assert processes.kill_marked() == 0


def test_a_marked_process_that_kills_the_marked_spares_itself(spawn: Spawn) -> None:
    command = [sys.executable, "-c", "from lab import processes; print(processes.kill_marked())"]
    repository = Path(processes.__file__).parents[1]
    process = spawn(*command, PYTHONPATH=str(repository), **processes.mark())
    assert process.communicate(timeout=10)[0] == "0\n"
    assert process.returncode == 0
