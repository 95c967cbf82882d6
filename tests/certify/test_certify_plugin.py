"""The plugin as an operator meets it: one pytest process, with and without workers."""

from __future__ import annotations

import json
import os
import signal
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.certify.running import QUICK, SLOW, results, started

Project = Callable[..., pytest.Pytester]

EVERY_KIND = '''
@pytest.fixture(scope="session", autouse=True)
def world(pytestconfig):
    environment(pytestconfig).update(kernel="6.1", server={"kind": "knfsd"})

@pytest.fixture
def broken():
    raise AssertionError("the server did not come up")

@pytest.fixture
def sticky():
    yield
    raise OSError("busy")

@pytest.mark.parametrize("nfs_version", ["3", "4.2"], ids=lambda v: f"knfsd-{v}")
@promise(1)
def test_passes(evidence, nfs_version):
    """It holds."""
    with evidence.step("look"):
        evidence.attach("seen.txt", "MYSQL_ROOT_PASSWORD=hunter2")

@promise(2)
def test_fails(evidence):
    """It is broken."""
    evidence.on_failure(lambda: {"server.log": "squash"})
    evidence.expect(False, "root is squashed", expected=65534, seen=0)

@promise(3)
def test_world_breaks():
    """The world breaks."""
    raise EnvironmentFailure("The machine is gone: start it.")

@promise(4)
def test_harness_bug():
    """The harness errs."""
    raise KeyError("oops")

@promise(5)
def test_setup_error(broken):
    """Setup errs."""

@promise(6)
def test_teardown_error(sticky):
    """Teardown errs."""

@promise(7, features=["deep-suites"])
def test_not_supported(broken):
    """It is optional, and stops before its fixtures do anything."""

@promise(8)
def test_skipped():
    """It was deselected."""
    pytest.skip("by the operator")

@promise(9)
def test_did_not_raise():
    """It is refused."""
    with pytest.raises(OSError):
        pass

@pytest.mark.xfail
@promise(10)
def test_expected_to_fail():
    """A mark does not make it known."""
    assert 1 == 2
'''

VERDICTS = {
    "001[knfsd-3]": "PASSED",
    "001[knfsd-4.2]": "PASSED",
    "002": "FAILED",
    "003": "INCONCLUSIVE",
    "004": "INCONCLUSIVE",
    "005": "INCONCLUSIVE",
    "006": "INCONCLUSIVE",
    "007": "NOT_SUPPORTED",
    "008": "SKIPPED",
    "009": "FAILED",
    "010": "FAILED",
}

PASSING = '''
@promise(1)
def test_passes():
    """It holds."""
'''


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_every_kind_of_ending_gets_its_verdict(project: Project, workers: list[str]) -> None:
    inner = project(kinds=EVERY_KIND)
    outcome = inner.runpytest_subprocess("suites", "--junitxml=own.xml", *workers)
    latest = inner.path / "reports" / "latest"
    records = {record["nodeid"]: record for record in results(latest)}
    verdicts = {
        record["id"][-3:] + (f"[{record['variant']}]" if record["variant"] else ""): record["verdict"]
        for record in records.values()
    }
    assert verdicts == VERDICTS
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    outcome.stdout.fnmatch_lines(["NO PASS: 2 PASSED, 3 FAILED, *", "report: *report.html"])

    told = outcome.stdout.str()
    assert "The machine is gone: start it." in told
    assert "raise EnvironmentFailure" not in told, "where the suite raised it is in the evidence"
    traceback = next((latest / "evidence").rglob("*IO-003*/traceback-call.txt"))
    assert "raise EnvironmentFailure" in traceback.read_text()

    passed = records["suites/test_kinds.py::test_passes[knfsd-4.2]"]
    assert (passed["version"], passed["steps"][0]["title"]) == ("4.2", "look")
    assert "hunter2" not in (latest / passed["evidence"][0]["path"]).read_text()
    failed = records["suites/test_kinds.py::test_fails"]
    assert failed["message"] == "root is squashed\n  expected: 65534\n  seen:     0"
    assert [Path(exhibit["path"]).name for exhibit in failed["evidence"]] == ["server.log", "traceback-call.txt"]
    assert json.loads((latest / "environment.json").read_text())["facts"] == {
        "kernel": "6.1",
        "server": {"kind": "knfsd"},
    }
    assert ET.parse(latest / "junit.xml").getroot().get("tests") == "11"
    assert ET.parse(inner.path / "own.xml").getroot()[0].get("skipped") == "3"
    assert sorted(path.name for path in latest.iterdir()) == [
        "certificate",
        "environment.json",
        "evidence",
        "junit.xml",
        "planned.json",
        "report.html",
        "results.jsonl",
    ]


def test_a_passing_run_exits_zero_and_leaves_earlier_runs(project: Project) -> None:
    inner = project(good=PASSING)
    for _ in range(2):
        assert inner.runpytest_subprocess("suites").ret == pytest.ExitCode.OK
    assert len(list((inner.path / "reports").glob("*Z-*"))) == 2


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_scenario_without_requirement_is_refused(project: Project, workers: list[str]) -> None:
    inner = project(bare="def test_bare(): pass\n")
    outcome = inner.runpytest_subprocess("suites", *workers)
    assert outcome.ret != pytest.ExitCode.OK
    outcome.stdout.fnmatch_lines(["*test_bare.py::test_bare declares no requirement*"])
    assert not (inner.path / "reports").exists()


def test_an_id_declared_twice_is_refused(project: Project) -> None:
    inner = project(one=PASSING, two=PASSING)
    outcome = inner.runpytest_subprocess("suites")
    assert outcome.ret != pytest.ExitCode.OK
    outcome.stdout.fnmatch_lines(["*NFSK8S-IO-001 is declared twice, by *test_one* and by *test_two*"])


def test_a_file_that_was_not_collected_spoils_the_run(project: Project) -> None:
    inner = project(good=PASSING, bare="def test_bare(): pass\n")
    outcome = inner.runpytest_subprocess("suites", "--continue-on-collection-errors")
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    outcome.stdout.fnmatch_lines(["NO PASS: 1 PASSED", "*could not be collected*"])


def test_other_tests_are_left_alone(project: Project) -> None:
    inner = project(good=PASSING)
    (inner.path / "test_unit.py").write_text("def test_unit(): pass\n")
    assert inner.runpytest_subprocess("test_unit.py").ret == pytest.ExitCode.OK
    assert inner.runpytest_subprocess("test_unit.py", "-n", "2").ret == pytest.ExitCode.OK
    assert inner.runpytest_subprocess("suites", "--collect-only").ret == pytest.ExitCode.OK
    assert not (inner.path / "reports").exists()


def test_a_run_that_executed_nothing_fails(project: Project) -> None:
    inner = project(good=PASSING)
    (inner.path / "test_unit.py").write_text("def test_unit(): pass\n")
    outcome = inner.runpytest_subprocess("suites", "test_unit.py", "-k", "unit")
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    outcome.stdout.fnmatch_lines(["No scenario was executed*"])
    assert inner.runpytest_subprocess("suites", "-k", "absent").ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_an_interrupted_run_still_reports(project: Project, workers: list[str], ending: signal.Signals) -> None:
    inner = project(slow=QUICK + SLOW)
    with started(inner, *workers) as process:
        if ending is signal.SIGINT:
            os.killpg(process.pid, ending)  # as a terminal does
        else:
            process.send_signal(ending)
        assert process.wait(timeout=30) == pytest.ExitCode.INTERRUPTED
    latest = inner.path / "reports" / "latest"
    assert len(results(latest)) == 2, results(latest)
    quick, slow = results(latest)
    assert (quick["verdict"], slow["verdict"]) == ("PASSED", "INCONCLUSIVE")
    assert [exhibit["path"] for exhibit in slow["evidence"]] == ["evidence/NFSK8S-IO-002/so-far.txt"]
    environment = json.loads((latest / "environment.json").read_text())
    assert (environment["run"]["interrupted"], environment["facts"]) == (True, {"kernel": "6.1"})
    assert "interrupted" in (latest / "report.html").read_text()
    assert ET.parse(latest / "junit.xml").getroot().get("errors") == "2"


TWO_ENDINGS = '''
@pytest.fixture
def one():
    yield
    raise OSError("the first is busy")

@pytest.fixture
def other():
    yield
    raise EnvironmentFailure("The second is gone.")

@promise(1)
def test_ends_badly_twice(one, other):
    """It ends."""
'''


def test_every_error_of_a_teardown_is_told(project: Project) -> None:
    inner = project(two=TWO_ENDINGS)
    inner.runpytest_subprocess("suites")
    (record,) = results(inner.path / "reports" / "latest")
    assert record["verdict"] == "INCONCLUSIVE"
    assert record["message"] == "In teardown: the first is busy\nThe second is gone."


def test_a_killed_run_keeps_every_finished_verdict(project: Project) -> None:
    inner = project(slow=QUICK + SLOW)
    with started(inner) as process:
        os.killpg(process.pid, signal.SIGKILL)
    (run,) = (inner.path / "reports").glob("*Z-*")
    assert [record["verdict"] for record in results(run)] == ["PASSED"]
    assert not (inner.path / "reports" / "latest").exists()


DYING = '''
@promise(2)
def test_dying():
    """Its worker dies."""
    os.kill(os.getpid(), signal.SIGKILL)
'''


def test_a_scenario_whose_worker_dies_is_inconclusive(project: Project) -> None:
    inner = project(dying=QUICK + DYING)
    outcome = inner.runpytest_subprocess("suites", "-n", "1")
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    latest = inner.path / "reports" / "latest"
    records = {record["id"]: record["verdict"] for record in results(latest)}
    assert records == {"NFSK8S-IO-001": "PASSED", "NFSK8S-IO-002": "INCONCLUSIVE"}
    # What the dead worker knew came with the scenario that it finished.
    assert json.loads((latest / "environment.json").read_text())["facts"] == {"kernel": "6.1"}
