"""A run that goes on: what has no verdict yet, and what did not pass; nothing is laundered by it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certify.catalogue import published
from certify.continuation import Wish, find, frame_of, refuse_another, rerun_failed, resume
from certify.errors import TargetError
from certify.folder import RunFolder
from certify.outputs import read_bundle
from certify.record import INTERRUPTED, Record
from certify.verdict import Verdict
from certify.verification import verify
from certify.version import SUITE_VERSION
from tests.certify.running import QUICK, SLOW, results, started
from tests.certify.synthetic import complete_run

Project = Callable[..., pytest.Pytester]
WORKERS = pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
LATER = '''
@promise(3)
def test_later():
    """It comes later."""

@promise(1, area="RECOVERY", needs=["fault-injection"])
def test_recovers():
    """It is of another profile."""
'''
# Three that fail until they are mended: one breaks its promise, one meets a broken world, one is skipped.
BROKEN = '''
@promise(2)
def test_fails(evidence):
    """It is broken."""
    evidence.attach("try.txt", "mended" if os.environ.get("MENDED") else "first")
    evidence.expect(bool(os.environ.get("MENDED")), "it holds", expected="yes", seen="no")

@promise(3)
def test_world_breaks():
    """The world breaks."""
    if not os.environ.get("MENDED"):
        raise EnvironmentFailure("The machine is gone: start it.")

@promise(4)
def test_skipped():
    """It is skipped."""
    if not os.environ.get("MENDED"):
        pytest.skip("by the operator")
'''


def only_run(inner: pytest.Pytester) -> Path:
    (run,) = (inner.path / "reports").glob("*Z-*")
    return run


def frame(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "environment.json").read_text())["run"]
    return found


def verdicts(run: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for record in results(run):
        found.setdefault(record["id"][-6:], []).append(record["verdict"])
    return found


@WORKERS
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_goes_on_into_the_same_record(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: list[str], ending: signal.Signals
) -> None:
    inner = project(some=QUICK + SLOW + LATER)
    with started(inner, "-n", "1", "--profile", "core") as process:
        os.killpg(process.pid, ending)
        process.wait(30)
    run = only_run(inner)
    before = results(run)[0]
    monkeypatch.setenv("HURRY", "1")
    outcome = inner.runpytest_subprocess("suites", "--resume", run.name, *workers)
    assert outcome.ret == pytest.ExitCode.OK
    assert only_run(inner) == run
    assert verdicts(run) == {"IO-001": ["PASSED"], "IO-002": ["PASSED"], "IO-003": ["PASSED"]}
    assert results(run)[0] == before, "a verdict that was reached stays as it is"
    told = frame(run)
    assert (told["profile"], told["selected"], told["deselected"]) == ("core", 3, [])
    assert (told["problems"], told["interrupted"], bool(told["finished_at"])) == ([], False, True)
    (continued,) = told["continued"]
    assert f"--resume {run.name}" in continued
    assert not (run / "running").exists()
    assert (inner.path / "reports" / "latest").resolve() == run
    again = inner.runpytest_subprocess("suites", "--resume", "latest")
    assert again.ret == pytest.ExitCode.USAGE_ERROR
    again.stderr.fnmatch_lines(["*all of its scenarios have a verdict*"])


FAILS_THEN_HANGS = '''
@pytest.fixture
def slow_to_go(evidence):
    yield
    evidence.attach("so-far.txt", "the body has ended")
    time.sleep(60)

@promise(2)
def test_fails(slow_to_go, evidence):
    """It is broken."""
    evidence.expect(False, "it holds", expected="yes", seen="no")
'''


@WORKERS
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_what_was_seen_broken_is_not_lost_with_the_teardown(
    project: Project, workers: list[str], ending: signal.Signals
) -> None:
    inner = project(some=QUICK + FAILS_THEN_HANGS)
    with started(inner, *workers) as process:
        os.killpg(process.pid, ending)
        process.wait(30)
    outcome = inner.runpytest_subprocess("suites", "--resume", only_run(inner).name)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["*all of its scenarios have a verdict*"])
    run = RunFolder(only_run(inner)).load()
    assert {record.id[-6:]: str(record.verdict) for record in run.records} == {"IO-001": "PASSED", "IO-002": "FAILED"}
    assert "it holds" in next(record.message for record in run.records if record.verdict is Verdict.FAILED)


def test_an_interrupted_run_says_how_to_go_on(project: Project) -> None:
    inner = project(some=QUICK + SLOW)
    with started(inner, stdout=True) as process:
        os.killpg(process.pid, signal.SIGINT)
        output = process.communicate(timeout=30)[0].decode()
    assert "go on:       " in output
    assert f"--resume {only_run(inner).name}" in output


@WORKERS
def test_a_rerun_shows_both_and_never_turns_a_failure_into_a_pass(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    inner = project(some=QUICK + BROKEN)
    first = inner.runpytest_subprocess("suites")
    run = only_run(inner)
    first.stdout.fnmatch_lines(
        [f"once mended: * --rerun-failed {run.name}", "             and for a certificate the whole run anew"]
    )
    monkeypatch.setenv("MENDED", "1")
    outcome = inner.runpytest_subprocess("suites", "--rerun-failed", "latest", *workers)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED, "what failed once counts"
    assert verdicts(run) == {
        "IO-001": ["PASSED"],
        "IO-002": ["FAILED", "PASSED"],
        "IO-003": ["INCONCLUSIVE", "PASSED"],
        "IO-004": ["SKIPPED", "PASSED"],
    }
    outcome.stdout.fnmatch_lines(["NO PASS: 4 PASSED, 1 FAILED, 1 INCONCLUSIVE, 1 SKIPPED"])
    outcome.stdout.fnmatch_lines(["PASSED *NFSK8S-IO-002 (attempt 2)*"])
    tries = {file.parent.name: file.read_text() for file in run.glob("evidence/*/try.txt")}
    assert tries == {"NFSK8S-IO-002": "first", "NFSK8S-IO-002-attempt-2": "mended"}
    certificate = json.loads((run / "certificate" / "certificate.json").read_text())
    assert not certificate["certified"]
    assert {one["id"]: one["verdict"] for one in certificate["requirements"] if one["verdict"]} == {
        "NFSK8S-IO-001": "PASSED",
        "NFSK8S-IO-002": "FAILED",
        "NFSK8S-IO-003": "INCONCLUSIVE",
        "NFSK8S-IO-004": "SKIPPED",
    }
    refusals = verify(read_bundle(run / "certificate"), published(), SUITE_VERSION).refusals
    assert [text for text in refusals if "NFSK8S-IO-002" in text and "FAILED" in text]


def test_nothing_passed_may_be_left_out_when_a_run_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who goes on with less than was planned has a run that lacks the rest."""
    inner = project(some=QUICK + SLOW + LATER)
    with started(inner) as process:
        os.killpg(process.pid, signal.SIGKILL)
    monkeypatch.setenv("HURRY", "1")
    outcome = inner.runpytest_subprocess("suites", "--resume", only_run(inner).name, "-k", "slow")
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    outcome.stdout.fnmatch_lines(["1 scenarios of * were not found again, such as suites/test_some.py::test_later: *"])


def test_what_the_operator_left_out_stays_left_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project(some=QUICK + SLOW + LATER)
    with started(inner, "-k", "not later") as process:
        os.killpg(process.pid, signal.SIGKILL)
    monkeypatch.setenv("HURRY", "1")
    run = only_run(inner)
    assert inner.runpytest_subprocess("suites", "--resume", run.name).ret == pytest.ExitCode.OK
    assert verdicts(run).keys() == {"IO-001", "IO-002"}
    assert frame(run)["deselected"] == ["suites/test_some.py::test_later"]


def test_a_broken_world_stays_on_record(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = project(some=QUICK + SLOW)
    objecting = (
        "from certify.plugin import disqualify\ndef pytest_configure(config):\n    disqualify(config, 'Broken.')\n"
    )
    inner.makeconftest(objecting)
    with started(inner) as process:
        os.killpg(process.pid, signal.SIGKILL)
    monkeypatch.setenv("HURRY", "1")
    inner.makeconftest("")
    outcome = inner.runpytest_subprocess("suites", "--resume", only_run(inner).name)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    assert frame(only_run(inner))["problems"] == ["Broken."]


def test_two_halves_of_different_servers_are_no_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    server = """
@pytest.fixture(autouse=True)
def server(pytestconfig):
    environment(pytestconfig)["server"] = {"kernel": os.environ.get("KERNEL", "6.1"), "lease": "90"}
"""
    inner = project(some=server + QUICK + SLOW)
    with started(inner) as process:
        os.killpg(process.pid, signal.SIGKILL)
    monkeypatch.setenv("HURRY", "1")
    monkeypatch.setenv("KERNEL", "6.2")
    outcome = inner.runpytest_subprocess("suites", "--resume", only_run(inner).name)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    (problem,) = frame(only_run(inner))["problems"]
    assert problem == "The server is not the one that the run began with: kernel was 6.1, and is 6.2 now."


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--resume", "20300101T000000Z-abcdef"], ["there is no run 20300101T000000Z-abcdef", "the newest are 2"]),
        (["--resume", "latest", "--rerun-failed", "latest"], ["--resume and --rerun-failed exclude each other"]),
        (["--resume", "latest"], ["all of its scenarios have a verdict"]),
        (["--rerun-failed", "latest", "--profile", "full"], ["the profile was 'core', now 'full'"]),
        (["--rerun-failed", "latest", "--target", "t.toml"], ["the target was product", "Other"]),
    ],
)
def test_a_run_that_cannot_go_on_is_refused_and_left_as_it_is(
    project: Project, options: list[str], words: list[str]
) -> None:
    inner = project(some=QUICK + BROKEN)
    (inner.path / "t.toml").write_text('[product]\nname = "Other"\n')
    inner.runpytest_subprocess("suites")
    run = only_run(inner)
    before = {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}
    outcome = inner.runpytest_subprocess("suites", *options)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    text = outcome.stderr.str()
    assert [word for word in words if word not in text] == [], text
    assert {file: file.read_bytes() for file in run.rglob("*") if file.is_file()} == before


def test_a_run_that_passed_has_nothing_to_try_again(project: Project) -> None:
    inner = project(some=QUICK)
    inner.runpytest_subprocess("suites")
    outcome = inner.runpytest_subprocess("suites", "--rerun-failed", "latest")
    outcome.stderr.fnmatch_lines(["*nothing in it failed*"])


def test_a_killed_run_goes_on_before_anything_is_tried_again(project: Project) -> None:
    inner = project(some=QUICK + SLOW)
    with started(inner) as process:
        os.killpg(process.pid, signal.SIGKILL)
    outcome = inner.runpytest_subprocess("suites", "--rerun-failed", only_run(inner).name)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["*it was killed before it ended; first go on with it: --resume*"])


def test_a_scenario_whose_line_was_written_is_finished(tmp_path: Path) -> None:
    """The process may end between the line and the note that is taken away after it."""
    folder = RunFolder(tmp_path)
    folder.create()
    values = {"id": "NFSK8S-IO-001", "nodeid": "x", "variant": "", "verdict": "PASSED", "duration_s": 1, "message": ""}
    record = Record.from_json(json.dumps(values))
    folder.append(record)
    folder.mark_started(record)
    assert folder.unfinished() == []
    folder.close()
    assert not (tmp_path / "running").exists()


def folder_of(tmp_path: Path, *records: Record, **frame: Any) -> RunFolder:
    """The folder of a run that planned everything of the synthetic catalogue and has these records."""
    run = complete_run(**frame)
    folder = RunFolder(tmp_path / run.info.name)
    folder.write_planned(one.nodeid for one in run.records)
    folder.write_environment(run.info, {})
    folder.keep(records)
    return folder


def test_what_has_phases_has_its_verdict_and_what_has_none_is_tried(tmp_path: Path) -> None:
    passed, failed, cut_off, *others = complete_run().records
    failed = replace(failed, verdict=Verdict.FAILED)
    cut_off = replace(cut_off, verdict=Verdict.INCONCLUSIVE, outcomes={})
    told = resume(folder_of(tmp_path, passed, failed, cut_off))
    assert told.kept == (passed, failed)
    assert told.wish.wanted == {one.nodeid for one in (cut_off, *others)}
    assert Wish.from_values(json.loads(json.dumps(told.wish.to_values()))) == told.wish
    assert told.missing(told.wish.wanted) is None
    assert "1 scenarios of 20300102T030405Z-abcdef were not found again" in str(
        told.missing(told.wish.wanted - {cut_off.nodeid})
    )


def test_a_whole_run_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="all of its scenarios have a verdict"):
        resume(folder_of(tmp_path, *complete_run().records))


def test_attempts_are_counted_and_all_are_kept(tmp_path: Path) -> None:
    passed, failed, *_ = complete_run().records
    failed = replace(failed, verdict=Verdict.FAILED)
    again = replace(failed, verdict=Verdict.PASSED, attempt=2)
    told = rerun_failed(folder_of(tmp_path, passed, failed, again))
    assert told.kept == (passed, failed, again)
    assert told.wish.wanted == {failed.nodeid}
    assert told.wish.tries == {failed.nodeid: 3}


@pytest.mark.parametrize(
    ("frame", "verdict", "words"),
    [({}, Verdict.PASSED, "nothing in it failed"), ({"finished_at": ""}, Verdict.FAILED, "killed before it ended")],
)
def test_there_must_be_something_to_try_again(
    tmp_path: Path, frame: dict[str, Any], verdict: Verdict, words: str
) -> None:
    first = replace(complete_run().records[0], verdict=verdict)
    with pytest.raises(TargetError, match=words):
        rerun_failed(folder_of(tmp_path, first, **frame))


def test_the_frame_of_a_run_that_goes_on(tmp_path: Path) -> None:
    failed = replace(complete_run().records[0], verdict=Verdict.FAILED)
    folder = folder_of(tmp_path, failed, problems=(INTERRUPTED, "Broken."), interrupted=True)
    now = replace(complete_run().info, started_at="2030-01-03", command=("suites/", "--resume", "x y"))
    resumed, tried = frame_of(resume(folder), now), frame_of(rerun_failed(folder), now)
    assert (resumed.problems, resumed.interrupted, resumed.finished_at) == (("Broken.",), False, "")
    assert (tried.problems, tried.interrupted) == ((INTERRUPTED, "Broken."), True), "a new attempt mends neither"
    assert resumed.continued == ("2030-01-03: pytest suites/ --resume 'x y'",)
    assert resumed.started_at == complete_run().info.started_at


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"profile": "full"}, "the profile was 'core', now 'full'"),
        ({"suite": {"version": SUITE_VERSION, "commit": "1" * 40, "modified": "no"}}, "the suite was commit '0000"),
        ({"target": {"profile": "core"}}, "the target was cluster"),
    ],
)
def test_another_measure_target_or_suite_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    told = resume(folder_of(tmp_path))
    refuse_another(told, told.earlier.info)
    with pytest.raises(TargetError, match=words):
        refuse_another(told, replace(told.earlier.info, **change))


def test_runs_are_found_by_path_or_name(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert find(tmp_path, Path("/"), folder.name).path == folder.path
    assert find(Path("/absent"), tmp_path, folder.name).path == folder.path
    with pytest.raises(TargetError, match=f"there is no run x in .*: the newest are {folder.name}"):
        find(tmp_path, Path("/"), "x")
    with pytest.raises(TargetError, match="there is none yet"):
        find(tmp_path / "absent", Path("/"), "x")
    (folder.path / "planned.json").unlink()
    with pytest.raises(TargetError, match="was it made by another version"):
        resume(folder)
