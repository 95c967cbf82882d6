"""The options of a run: target, profile, plan, known failures, signature; and what becomes of them in its outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certify import __main__ as command
from tests.certify.conftest import REPOSITORY

Project = Callable[..., pytest.Pytester]

SCENARIOS = '''
@promise(1)
def test_passes(evidence):
    """It holds."""
    evidence.measure("pause", 2.5, "s")

@promise(2)
def test_fails(evidence):
    """It is broken."""
    said = "chown: changing ownership of '/d': Operation not permitted"
    evidence.expect(False, "chown works", expected="ok", seen=said)

@promise(7, features=["xattr"])
def test_attributes():
    """Attributes are kept."""
    if os.environ.get("LACKS_XATTR"):
        raise NotSupported("setfattr: Operation not supported")

@promise(4)
def test_is_not_optional():
    """It must not call anything unsupported."""
    if os.environ.get("LACKS_XATTR"):
        raise NotSupported("nobody asked")

@promise(1, area="RECOVERY", needs=["fault-injection"])
def test_recovers():
    """It comes back."""
'''

LATER = '''
@requirement("NFSK8S-IO-005", level=MUST, cites=["exports(5)"], since="0.2")
def test_came_later():
    """It is new."""
'''

KNOWN = """
[[failure]]
id = "NFSK8S-IO-{number}"
check = "{check}"
server = "knfsd"
reason = "its maker knows"
link = "https://example.org/1"
"""


def verdicts(inner: pytest.Pytester) -> dict[str, str]:
    lines = (inner.path / "reports" / "latest" / "results.jsonl").read_text().splitlines()
    return {line["id"].removeprefix("NFSK8S-"): line["verdict"] for line in map(json.loads, lines)}


def frame(inner: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((inner.path / "reports" / "latest" / "environment.json").read_text())["run"]
    return found


def certificate(inner: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (inner.path / "reports" / "latest" / "certificate" / "certificate.json").read_text()
    )
    return found


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_profile_leaves_out_what_it_does_not_ask_for(project: Project, workers: list[str]) -> None:
    inner = project(all=SCENARIOS)
    inner.runpytest_subprocess("suites", "--profile", "core", *workers)
    assert set(verdicts(inner)) == {"IO-001", "IO-002", "IO-004", "IO-007"}
    assert (frame(inner)["profile"], frame(inner)["selected"], frame(inner)["deselected"]) == ("core", 4, [])
    assert certificate(inner)["profile"] == "core"


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
@pytest.mark.parametrize(
    ("named", "profile", "tried"),
    [
        ("suites/", "core", 4),
        ("suites/test_all.py", "full", 5),
        ("suites/test_all.py::test_recovers", "full", 1),
    ],
)
def test_the_whole_is_judged_by_core_and_a_part_that_was_named_by_everything(
    project: Project, named: str, profile: str, tried: int, workers: list[str]
) -> None:
    inner = project(all=SCENARIOS)
    outcome = inner.runpytest_subprocess(named, *workers)
    assert (frame(inner)["profile"], len(verdicts(inner))) == (profile, tried)
    left = "*profile core: *; left to --profile full: * requirements (*RECOVERY *)*" if profile == "core" else ""
    outcome.stdout.fnmatch_lines([left or "profile full: Every requirement of every area"])


def test_a_look_is_no_certificate_and_says_what_to_run_next(project: Project) -> None:
    kept = SCENARIOS.partition("@promise(2)")[0] + LATER
    inner = project(all=kept)
    outcome = inner.runpytest_subprocess("suites", "-v", "--profile", "quick")
    assert outcome.ret == pytest.ExitCode.OK
    assert verdicts(inner) == {"IO-001": "PASSED"}
    outcome.stdout.fnmatch_lines(
        [
            "a look and no certificate, profile quick: * required results passed",
            "next: *python* -m pytest *suites -v --profile core",
        ]
    )
    assert certificate(inner)["certified"] is False
    assert [one for one in certificate(inner)["objections"] if "quick is a look and no certificate" in one]


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_what_the_operator_leaves_out_is_on_record(project: Project, workers: list[str]) -> None:
    inner = project(all=SCENARIOS)
    outcome = inner.runpytest_subprocess("suites", "-k", "passes or recovers", "--profile", "core", *workers)
    assert outcome.ret == pytest.ExitCode.OK, "developing one scenario is no failure"
    assert len(frame(inner)["deselected"]) == 3
    assert "The operator left out 3 scenarios." in certificate(inner)["objections"]


def test_a_feature_that_is_not_declared_is_not_tried(project: Project) -> None:
    inner = project(all=SCENARIOS)
    (inner.path / "t.toml").write_text("[nfs]\nfeatures = []\n")
    inner.runpytest_subprocess("suites", "--target", "t.toml", "-k", "attributes or passes")
    assert verdicts(inner) == {"IO-001": "PASSED", "IO-007": "NOT_SUPPORTED"}


def test_a_declared_feature_must_be_there(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LACKS_XATTR", "1")
    inner = project(all=SCENARIOS)
    outcome = inner.runpytest_subprocess("suites", "-k", "attributes or optional")
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    assert verdicts(inner) == {"IO-004": "INCONCLUSIVE", "IO-007": "FAILED"}
    outcome.stdout.fnmatch_lines(["*The target declares xattr, but lacks it: setfattr*"])


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_known_failure_does_not_spoil_the_run(project: Project, workers: list[str]) -> None:
    inner = project(all=SCENARIOS)
    (inner.path / "known-failures.toml").write_text(KNOWN.format(number="002", check="chown works"))
    outcome = inner.runpytest_subprocess("suites", *workers)
    assert outcome.ret == pytest.ExitCode.OK
    assert verdicts(inner)["IO-002"] == "KNOWN"
    missing = {"id": "NFSK8S-IO-002", "nfs_version": "3", "server": "knfsd", "why": "KNOWN"}
    assert missing in certificate(inner)["missing"]


def test_another_check_of_the_same_requirement_is_a_new_failure(project: Project) -> None:
    inner = project(all=SCENARIOS)
    (inner.path / "known-failures.toml").write_text(KNOWN.format(number="002", check="chmod works"))
    outcome = inner.runpytest_subprocess("suites", "-k", "fails")
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    assert verdicts(inner) == {"IO-002": "FAILED"}


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_an_unexpected_pass_is_an_error(project: Project, workers: list[str]) -> None:
    inner = project(all=SCENARIOS)
    (inner.path / "mine.toml").write_text(KNOWN.format(number="001", check="any"))
    outcome = inner.runpytest_subprocess("suites", "--known-failures", "mine.toml", "-k", "passes", *workers)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    assert verdicts(inner) == {"IO-001": "INCONCLUSIVE"}
    outcome.stdout.fnmatch_lines(["*passed, though it is listed as a known failure*its maker knows*remove the entry*"])


def test_a_failure_that_comes_sometimes_is_known_when_it_stays_away(project: Project) -> None:
    inner = project(all=SCENARIOS)
    (inner.path / "mine.toml").write_text(KNOWN.format(number="001", check="any") + "sometimes = true\n")
    outcome = inner.runpytest_subprocess("suites", "--known-failures", "mine.toml", "-k", "passes")
    assert outcome.ret == pytest.ExitCode.OK
    assert verdicts(inner) == {"IO-001": "KNOWN"}
    assert "its failure comes and goes" in (inner.path / "reports/latest/results.jsonl").read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--target", "absent.toml"], "*absent.toml cannot be read: No such file*"),
        (["--target", "t.toml"], "*t.toml: unknown key nfs.verisons, did you mean nfs.versions?*"),
        (["--known-failures", "absent.toml"], "*--known-failures absent.toml: there is no such file*"),
        (["--known-failures", "t.toml"], "*t.toml: unknown key nfs: the file has failure*"),
        (["--sign", "t.toml"], "*signing key t.toml cannot be used*openssl genpkey*"),
        (["--profile", "huge"], "*invalid choice: 'huge'*"),
        (["--target", ""], "*cannot be read: Is a directory*"),
        (["--report-dir", "t.toml/reports"], "*--report-dir: *t.toml/reports cannot be written (Not a directory)*"),
        (["--junitxml", "/proc/new/all.xml"], "*--junitxml: /proc/new cannot be written (*"),
    ],
)
def test_bad_input_is_refused_before_anything_starts(project: Project, options: list[str], words: str) -> None:
    inner = project(all=SCENARIOS)
    (inner.path / "t.toml").write_text("[nfs]\nverisons = ['3']\n")
    outcome = inner.runpytest_subprocess("suites", *options)
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines([words])
    assert not (inner.path / "reports").exists()


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_plan_tells_everything_and_runs_nothing(project: Project, workers: list[str]) -> None:
    inner = project(all=SCENARIOS)
    outcome = inner.runpytest_subprocess("suites", "--profile=full", "--plan", *workers)
    assert outcome.ret == pytest.ExitCode.OK
    outcome.stdout.fnmatch_lines(
        [
            "NFSK8S-IO-001 *MUST * suites/test_all.py::test_passes",
            "    It holds.",
            "NFSK8S-RECOVERY-001 * needs fault-injection",
            "5 scenarios of 5 requirements, 0 s one after the other, and 5 of unknown length",
            "needs fault-injection: *",
        ]
    )
    assert not (inner.path / "reports").exists()
    inner.runpytest_subprocess("suites", "--profile=full")
    outcome = inner.runpytest_subprocess("suites", "--profile=full", "--plan")
    outcome.stdout.fnmatch_lines(["5 scenarios of 5 requirements, 0 s one after the other"])


def processor_time(cache: Path, *options: str) -> tuple[float, int]:
    """Seconds that pytest with these options computes, at best, and its exit code: what else runs does not count."""
    best = 60.0
    for _ in range(5):  # the first start writes byte code
        before = os.times()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=REPOSITORY,
            env={"PATH": "/usr/bin:/bin", "PYTHONPYCACHEPREFIX": str(cache)},
            capture_output=True,
            check=False,
        )
        after = os.times()
        best = min(best, sum(after[2:4]) - sum(before[2:4]))  # of children, in user and system mode
    return best, done.returncode


def test_the_real_plan_and_a_bad_target_answer_at_once(tmp_path: Path) -> None:
    """A second where pytest alone takes a tenth of it to start, and as much more as the machine is slower."""
    bad = tmp_path / "bad.toml"
    bad.write_text("proflie = 'core'")
    start, _ = processor_time(tmp_path / "cache", "--version")
    for options, code in ((["--plan"], pytest.ExitCode.OK), (["--target", str(bad)], pytest.ExitCode.USAGE_ERROR)):
        seconds, ended = processor_time(tmp_path / "cache", "suites/", *options)
        assert ended == code
        assert seconds < 10 * start


def test_the_end_of_a_run_tells_cause_and_cure(project: Project) -> None:
    inner = project(all=SCENARIOS)
    outcome = inner.runpytest_subprocess("suites")
    outcome.stdout.fnmatch_lines(
        [
            "PASSED *NFSK8S-IO-001 * s * It holds.",
            "FAILED *NFSK8S-IO-002 *It is broken.",
            "NO PASS: 3 PASSED, 1 FAILED",
            "FAILED NFSK8S-IO-002: It is broken.",
            "    cause: *",
            "    fix:   *",
            "    see:   *",
            "not certified for the profile core: 4 of * required results passed",
            "report: *",
            "junit: *",
            "certificate: *",
        ]
    )
    lines = (inner.path / "reports" / "latest" / "results.jsonl").read_text().splitlines()
    (failed,) = [json.loads(line) for line in lines if "FAILED" in line]
    assert failed["diagnoses"]


def test_a_run_in_a_broken_world_never_passes(project: Project) -> None:
    inner = project(good=SCENARIOS)
    inner.makeconftest(
        "from certify.plugin import disqualify\ndef pytest_configure(config):\n    disqualify(config, 'Broken.')\n"
    )
    outcome = inner.runpytest_subprocess("suites", "-k", "passes")
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    assert "Broken." in certificate(inner)["objections"]


def test_commands_verify_render_and_compare_runs(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    inner = project(all=SCENARIOS)
    for name, words in (
        ("key.pem", ["genpkey", "-algorithm", "ed25519"]),
        ("public.pem", ["pkey", "-in", "key.pem", "-pubout"]),
    ):
        subprocess.run(["openssl", *words, "-out", name], cwd=inner.path, check=True)
    inner.runpytest_subprocess("suites", "--sign", "key.pem", "-k", "passes")
    first = (inner.path / "reports" / "latest").resolve()
    bundle = first / "certificate"
    assert command.main(["verify", str(bundle), "--key", str(inner.path / "public.pem")]) == 1
    seen = capsys.readouterr().out
    assert "refused: The operator left out 3 scenarios." in seen
    assert "signature" not in seen

    before = {file: file.read_bytes() for file in first.rglob("*") if file.is_file()}
    for file in (*bundle.iterdir(), first / "report.html", first / "junit.xml", *(first / "evidence").rglob("*.*")):
        file.unlink()
    assert command.main(["render", str(first), "--sign", str(inner.path / "key.pem")]) == 0
    assert "passed, not certified" in capsys.readouterr().out
    assert {file: file.read_bytes() for file in before if "evidence" not in file.parts} == {
        file: data for file, data in before.items() if "evidence" not in file.parts
    }

    inner.runpytest_subprocess("suites", "-k", "passes or fails")
    second = (inner.path / "reports" / "latest").resolve()
    assert command.main(["diff", str(first), str(second)]) == 1
    assert "new failure    NFSK8S-IO-002: not there -> FAILED  chown works" in capsys.readouterr().out
    assert command.main(["diff", str(second), str(second)]) == 0
    assert "pause" not in capsys.readouterr().out
    assert command.main(["diff", str(second), str(second), "--figures"]) == 0
    assert "figure         NFSK8S-IO-001: pause: 2.5 s -> 2.5 s" in capsys.readouterr().out
    assert command.main(["diff", str(first), str(inner.path)]) == 2
    assert "is not a run's folder: it has no environment.json" in capsys.readouterr().err
    assert command.main(["verify", str(inner.path / "absent")]) == 2
    assert "absent is no folder: name a bundle, such as reports/latest/certificate" in capsys.readouterr().err
    assert command.main(["verify", str(second)]) == 2
    assert f"is a run's folder: its bundle is {second / 'certificate'}" in capsys.readouterr().err
    (second / "certificate" / "more").mkdir()
    (second / "certificate" / "more" / "leaf").touch()
    assert command.main(["verify", str(second / "certificate")]) == 1
    assert "refused: more/leaf does not belong to a bundle" in capsys.readouterr().out
    (second / "environment.json").write_text("{}")
    assert command.main(["render", str(second)]) == 2
    assert f"{second} cannot be read, was it made by another version?" in capsys.readouterr().err
    assert command.main(["catalogue", "--check"]) == 0
