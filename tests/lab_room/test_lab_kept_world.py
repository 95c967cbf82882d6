"""A kept world is asked whether it answers before it is entered; one that does not is replaced."""

import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab import host, namespace, paths, processes, worlds
from lab.build import plan
from lab.errors import LabError
from lab.golden import Golden
from lab.machine import Machine
from lab.processes import ProcessId
from lab.progress import Reporter
from lab.spoiled import spoil
from lab.state import State
from lab.world import ADDRESSES, World

Spawn = Callable[..., "subprocess.Popen[str]"]
Output = pytest.CaptureFixture[str]
RECIPE = "bare"
AFRESH = "a world is started afresh"


@pytest.fixture
def holder(spawn: Spawn) -> ProcessId:
    """Namespaces that this process is in already."""
    return ProcessId.of(spawn("sleep", "60").pid)


@pytest.fixture
def machines(holder: ProcessId, spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> dict[str, "subprocess.Popen[str]"]:
    """A recorded world whose machines live, on a host where everything is built and a new world is not to be had."""
    products = plan.products()
    key = Golden.of("world", products.steps, RECIPE).key
    State(holder.pid, holder.started, key, RECIPE, 2560, 640, 1, 0, dict.fromkeys(ADDRESSES)).save()
    living = {name: spawn("sleep", "60") for name in ADDRESSES}
    for name, process in living.items():
        (folder := paths.world_folder() / name).mkdir()
        ProcessId.of(process.pid).save(folder / "process")

    def refuse(_: dict[str, str], *, beside: bool) -> ProcessId:
        assert not beside, "the first world"
        raise LabError(AFRESH)

    monkeypatch.setattr(host, "require", lambda: None)
    monkeypatch.setattr(plan, "build", lambda _: products)
    monkeypatch.setattr(namespace, "create", refuse)
    return living


def silence(monkeypatch: pytest.MonkeyPatch, *silent: str) -> None:
    """Of these machines the Engine does not answer."""

    def wait(machine: Machine, within: float) -> None:
        if machine.name in silent:
            raise LabError(f"waited {within:g} s.\nEnd of the console")

    monkeypatch.setattr(Machine, "wait_for_engine", wait)


def bring_up() -> World:
    with Reporter() as reporter:
        return worlds.bring_up(reporter, RECIPE)


def test_a_world_that_answers_is_joined(
    machines: dict[str, "subprocess.Popen[str]"], monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    silence(monkeypatch)
    assert bring_up().machines.keys() == ADDRESSES.keys()
    assert [process.poll() for process in machines.values()] == [None, None]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("silent", [("cluster",), ("storage",), ("cluster", "storage")], ids=", ".join)
def test_a_world_that_hangs_is_replaced_and_one_line_says_so(
    machines: dict[str, "subprocess.Popen[str]"],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
    silent: tuple[str, ...],
) -> None:
    silence(monkeypatch, *silent)
    with pytest.raises(LabError, match=AFRESH):
        bring_up()
    assert [process.poll() is None for process in machines.values()] == [False, False], "its machines are ended"
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"the kept world does not answer and is replaced: the Docker Engine of machine {silent[0]} is silent"


def test_a_world_that_was_spoiled_is_replaced(
    machines: dict[str, "subprocess.Popen[str]"], monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    silence(monkeypatch)
    spoil(paths.world_folder(), "pods did not end")
    with pytest.raises(LabError, match=AFRESH):
        bring_up()
    assert [process.poll() is None for process in machines.values()] == [False, False], "its machines are ended"
    assert capsys.readouterr().err == "the kept world is replaced: pods did not end\n"


def test_a_world_with_a_machine_off_is_replaced(machines: dict[str, "subprocess.Popen[str]"], capsys: Output) -> None:
    for process in machines.values():
        process.kill()
    with pytest.raises(LabError, match=AFRESH):
        bring_up()
    assert "the kept world does not answer and is replaced" in capsys.readouterr().err


def test_an_answer_comes_from_another_process(holder: ProcessId) -> None:
    asked_in = namespace.ask_inside(holder, os.getpid, within=10)
    assert asked_in != os.getpid()
    assert not Path(f"/proc/{asked_in}").exists(), "it has ended"


def test_who_asks_stays_outside_the_namespaces() -> None:
    try:
        separate = namespace.create({"PATH": os.environ["PATH"]})
    except LabError as error:
        pytest.skip(str(error))
    try:
        assert namespace.ask_inside(separate, lambda: namespace.is_inside(separate), within=10)
        assert not namespace.is_inside(separate)
    finally:
        separate.kill_group()


def test_a_process_with_threads_moves_between_worlds_and_back() -> None:
    """What a parallel worker does, asked in a process that enters the first world's namespaces for good."""
    try:
        first = namespace.create({"PATH": os.environ["PATH"]})
    except LabError as error:
        pytest.skip(str(error))

    def moved() -> list[bool]:
        second = namespace.create({"PATH": os.environ["PATH"]}, beside=True)
        try:
            with ThreadPoolExecutor(1) as thread:
                thread.submit(os.getpid).result()
                with namespace.and_back():
                    namespace.enter(second)
                    there = namespace.is_inside(second)
                return [there, namespace.is_inside(first)]
        finally:
            second.kill_group()

    try:
        assert namespace.ask_inside(first, moved, within=20) == [True, True]
    finally:
        first.kill_group()


def test_a_world_that_is_gone_cannot_be_moved_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.WORLD, "1")
    monkeypatch.setenv(processes.MARK, "")
    with pytest.raises(LabError, match="world 2 of the lab is not up"):
        worlds.move_to(2)


def test_a_question_that_hangs_is_given_up(holder: ProcessId) -> None:
    began = time.monotonic()
    with pytest.raises(LabError, match=r"no answer .* within 0\.2 s"):
        namespace.ask_inside(holder, lambda: time.sleep(60), within=0.2)
    assert time.monotonic() - began < 10


def test_what_a_hanging_question_started_carries_the_worlds_mark(holder: ProcessId) -> None:
    ((name, value),) = processes.mark().items()
    assert namespace.ask_inside(holder, lambda: os.environ.get(name), within=10) == value
    assert name not in os.environ


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LabError("the machine is off"), "the machine is off"),
        (FileNotFoundError(2, "No such file", "docker"), "cannot ask .*docker"),
        (SystemExit(1), "ended without an answer"),
    ],
    ids=["lab", "system", "end"],
)
def test_a_question_that_fails_says_why(holder: ProcessId, error: BaseException, words: str) -> None:
    with pytest.raises(LabError, match=words):
        namespace.ask_inside(holder, lambda: fail(error), within=10)
