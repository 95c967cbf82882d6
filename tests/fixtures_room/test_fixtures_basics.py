"""Waiting, bounding, locking and naming."""

import multiprocessing
import threading
from pathlib import Path

import pytest

from certify.errors import EnvironmentFailure, Violation
from fixtures.commands import CommandResult
from fixtures.session.run import run_id, scenario_name
from fixtures.waiting import patience as waiting
from fixtures.waiting.bounded import call_within
from fixtures.waiting.exclusive import alone, exclusive, together
from fixtures.waiting.patience import DeadlineExceeded, Patience, eventually, promised, unless_too_slow
from lab.spoiled import forget, spoil, spoiled


def test_a_call_that_never_returns_is_abandoned_at_its_deadline() -> None:
    with pytest.raises(EnvironmentFailure, match="the silent machine gave no answer within"):
        call_within(0.05, "the silent machine", threading.Event().wait)


def test_a_bounded_call_passes_results_and_errors_on() -> None:
    assert call_within(5, "answer", lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        call_within(5, "division", lambda: 1 / 0)


def test_a_deadline_inside_a_promise_is_a_violation() -> None:
    with pytest.raises(Violation, match="it becomes ready"), promised("it becomes ready"):
        eventually(lambda: False, what="it", within=0.01)


def test_a_deadline_outside_a_promise_is_not() -> None:
    with pytest.raises(DeadlineExceeded):
        eventually(lambda: False, what="it", within=0.01)


def test_every_deadline_is_stretched_alike() -> None:
    patience = Patience()
    assert (patience.command, patience.pod) == (30, 90)
    patience.follow(2.5, lambda: 2.5)
    assert (patience.command, patience.pod) == (75, 225)


@pytest.mark.parametrize(("now", "guilty"), [(1.0, True), (3.0, True), (3.1, False)])
def test_a_world_that_has_become_too_slow_is_to_blame_itself(
    now: float, guilty: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = Patience()
    patience.follow(1.5, lambda: now)
    monkeypatch.setattr(waiting, "PATIENCE", patience)
    ended = CommandResult(("cat", "file"), 124, b"", b"")
    with (
        pytest.raises(Violation if guilty else EnvironmentFailure, match="it becomes ready"),
        promised("it becomes ready"),
    ):
        eventually(lambda: False, what="it", within=0.01)
    if guilty:
        assert unless_too_slow(ended) is ended
    else:
        with pytest.raises(
            EnvironmentFailure, match=r"3.1 times as slow .* made for 1.5 times.* the end of `cat file`"
        ):
            unless_too_slow(ended)


def test_a_world_that_cannot_be_timed_is_to_blame_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> float:
        raise EnvironmentFailure("no pod")

    patience = Patience()
    patience.follow(1.0, fails)
    monkeypatch.setattr(waiting, "PATIENCE", patience)
    with pytest.raises(EnvironmentFailure, match="could not be timed: no pod"), promised("it becomes ready"):
        eventually(lambda: False, what="it", within=0.01)


def test_a_world_whose_pods_did_not_end_is_to_blame_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patience = Patience()
    patience.follow(1.0, lambda: 1.0, lambda: spoiled(tmp_path))
    monkeypatch.setattr(waiting, "PATIENCE", patience)
    assert patience.excuse() == ""
    spoil(tmp_path, "an earlier scenario's pods did not end: pod a")
    with pytest.raises(EnvironmentFailure, match=r"did not end: pod a.*it becomes ready"), promised("it becomes ready"):
        eventually(lambda: False, what="it", within=0.01)
    forget(tmp_path)
    assert patience.excuse() == ""


def test_a_failed_command_says_what_it_was_for() -> None:
    failed = CommandResult(("mount", "x"), 32, b"", b"access denied\n")
    with pytest.raises(EnvironmentFailure, match=r"could not mount it: `mount x` exited 32: access denied"):
        failed.must("mount it")


def _hold(path: Path, held: "multiprocessing.synchronize.Event") -> None:
    with exclusive(path, within=5):
        held.set()
        threading.Event().wait(30)


def test_a_lock_excludes_other_processes_and_ends_with_its_holder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "x.lock", held))
    holder.start()
    assert held.wait(10)
    with pytest.raises(DeadlineExceeded, match=r"the lock x\.lock"), exclusive(tmp_path / "x.lock", within=0.1):
        pass
    holder.kill()
    holder.join()
    with exclusive(tmp_path / "x.lock", within=5):
        pass


def test_scenario_names_are_dns_labels_and_differ_by_variant() -> None:
    node = "suites/reclaim/test_a_very_long_sentence_that_goes_on_and_on_for_ever.py::test_it[nfs{}]"
    names = {scenario_name(node.format(version), "0123abcd") for version in ("3", "4.2")}
    assert len(names) == 2
    for name in names:
        assert len(name) < 50  # "mysql-myshop-" and pod suffixes still fit a label
        assert name.endswith("-0123abcd")
        assert name.replace("-", "").isalnum()


def test_workers_of_one_run_share_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", "one")
    first, second = run_id(), run_id()
    monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", "two")
    assert first == second != run_id()


def test_whoever_is_alone_waits_for_those_inside_and_keeps_newcomers_out(tmp_path: Path) -> None:
    lock = tmp_path / "use.lock"
    with together(lock, within=1), together(lock, within=1), pytest.raises(DeadlineExceeded), alone(lock, within=0.1):
        pass
    with alone(lock, within=1), pytest.raises(DeadlineExceeded), together(lock, within=0.1):
        pass
    with together(lock, within=1):
        pass
