"""action.yml, whose steps are run as GitHub's runner runs them: bash in the workspace, files for what they say."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from certify.folder import RunFolder
from certify.record import Record
from certify.verdict import Verdict
from tests.certify.conftest import REPOSITORY
from tests.certify.synthetic import complete_run, record, wanted

ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
EXTERNAL = "[server]\nkind = 'external'\nexport = 'filer.example.org:/vol'\n"
WRITTEN = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")


class Runner:
    """A workspace, and the files that a runner keeps beside it."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._files = {name: workspace.parent / name for name in WRITTEN}

    def step(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run one step with these inputs; those that are not given are as the action has them."""
        values = {f"inputs.{key}": inputs.get(key, each["default"]) for key, each in ACTION["inputs"].items()}
        values["github.action_path"] = str(REPOSITORY)
        environment = {key: _expanded(value, values) for key, value in STEPS[name]["env"].items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", STEPS[name]["run"]],
            cwd=self.workspace,
            env={**os.environ, **environment, **{key: str(file) for key, file in self._files.items()}},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def wrote(self, name: str) -> str:
        return self._files[name].read_text()


def _expanded(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: values[found[1]], text)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return Runner(workspace)


def _keep_run(folder: Path, failed: str = "") -> None:
    """The folder of a finished run, in which one requirement FAILED or none."""

    def spoil(one: Record) -> Record:
        return record(wanted(1), one.version, Verdict.FAILED) if one.id == failed else one

    run = complete_run(spoil)
    kept = RunFolder(folder)
    kept.create()
    kept.keep(run.records)
    kept.write_environment(run.info, run.facts)
    kept.close()


def test_the_inputs_reach_pytest(runner: Runner) -> None:
    (runner.workspace / "filer.toml").write_text(EXTERNAL)
    done = runner.step("Judge", target="filer.toml", profile="core", options="--plan --nfs-versions 4.2")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("a certificate for the profile core demands", "hook restart", "[nfs4.2]"):
        assert words in done.stdout
    assert "[nfs3]" not in done.stdout


def test_a_wrong_target_file_ends_the_step(runner: Runner) -> None:
    (runner.workspace / "filer.toml").write_text("[server]\nkind = 'extern'\n")
    done = runner.step("Judge", target="filer.toml", options="--plan")
    assert done.returncode != 0
    assert "'extern' is unknown, did you mean external?" in done.stdout + done.stderr


def test_the_report_tells_of_failures_in_all_three_ways(runner: Runner) -> None:
    _keep_run(runner.workspace / "reports" / "latest", failed="NFSK8S-IO-001")
    _keep_run(runner.workspace / "before")
    done = runner.step("Report", previous="before")
    assert done.returncode == 0, done.stderr
    assert "::error file=suites/test_NFSK8S-IO-001.py,title=FAILED NFSK8S-IO-001 [nfs3]::Promise 1.%0A" in done.stdout
    assert "### FAILED NFSK8S-IO-001 [nfs3]" in runner.wrote("GITHUB_STEP_SUMMARY")
    assert {"certified=false", "worse=true"} < set(runner.wrote("GITHUB_OUTPUT").splitlines())


def test_without_an_earlier_run_nothing_is_worse(runner: Runner) -> None:
    _keep_run(runner.workspace / "reports" / "latest")
    done = runner.step("Report", previous="before")
    assert (done.returncode, done.stdout) == (0, "")
    assert "worse=false" in runner.wrote("GITHUB_OUTPUT")
    assert "**Passed**" in runner.wrote("GITHUB_STEP_SUMMARY")
