"""The suite in the lab, shortly: the first look passes, three lies are found, ctrl-C leaves reports and no world.

Each test works alone too; together they share a world, which the last of them takes down.
"""

import os
import signal
from pathlib import Path

import pytest

from certify.catalogue import published
from lab.eventually import eventually
from tests.lab_world.first_look import FIRST_LOOK, REQUIREMENTS, expect_passed
from tests.lab_world.suite_run import (
    AFTER_CTRL_C,
    SHORT_RUN,
    WHOLE_SUITE,
    Finished,
    expect_nothing_left,
    lab,
    run_suite,
    started,
)

# One of the server's, one of the clients', one of the cluster's; all others are told by `make nightly`.
LIES = (
    ("force-no-root-squash", "SQUASH-002", "4.2"),
    ("stale-caches", "IO-001", "3"),
    ("sizes-are-ignored", "VOLUME-002", "4.2"),
)


def test_the_first_look_passes(tmp_path: Path) -> None:
    run = run_suite(tmp_path, *FIRST_LOOK, "--keep", within=WHOLE_SUITE)
    expect_passed(run)
    assert "--profile core" in run.output.splitlines()[-2], "the last line before pytest's own says what to run next"


@pytest.mark.parametrize(("lie", "requirement", "version"), LIES, ids=[lie for lie, _, _ in LIES])
def test_a_lie_is_found(tmp_path: Path, lie: str, requirement: str, version: str) -> None:
    (file,) = [entry.test for entry in published().entries if entry.requirement.id == f"NFSK8S-{requirement}"]
    run = run_suite(tmp_path, file, "--nfs-versions", version, "--sabotage", lie, "--keep")
    assert [line["verdict"] for line in run.results] == ["FAILED"], run.output
    assert run.code == 1


def test_ctrl_c_leaves_reports_and_no_world(tmp_path: Path) -> None:
    with started(tmp_path, *FIRST_LOOK) as process:
        eventually(lambda: _verdicts(tmp_path), what="the first verdict", within=SHORT_RUN)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=AFTER_CTRL_C)
    run = Finished(process.returncode, output, tmp_path)
    assert run.code == 2, run.output
    assert "The run was interrupted: not every scenario ran." in run.output
    assert 0 < len(run.results) < len(REQUIREMENTS)
    assert (tmp_path / "latest" / "report.html").exists()
    assert lab("down").returncode == 0
    expect_nothing_left()


def _verdicts(reports: Path) -> list[str]:
    return [line for file in reports.glob("*/results.jsonl") for line in file.read_text().splitlines()]
