"""Whatever ends a run, `python -m lab down` leaves nothing, and the next run passes."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import paths
from lab.eventually import eventually
from tests.lab_world.suite_run import (
    AFTER_CTRL_C,
    ONE_SCENARIO,
    SHORT_RUN,
    expect_nothing_left,
    lab,
    run_suite,
    started,
)


@pytest.fixture
def no_golden_cluster() -> Iterator[None]:
    """The saved disk is out of reach, so that kind must make the cluster."""
    builds = paths.cache_folder() / "builds"
    for entry in builds.glob("golden-cluster-*"):
        entry.rename(builds / f"aside-{entry.name}")
    yield
    for entry in builds.glob("aside-golden-cluster-*"):
        entry.rename(builds / entry.name.removeprefix("aside-"))


@pytest.mark.usefixtures("no_golden_cluster")
def test_ctrl_c_while_kind_creates_the_cluster(tmp_path: Path) -> None:
    with started(tmp_path, *ONE_SCENARIO) as process:
        eventually(_kind_creates, what="kind to create the cluster", within=SHORT_RUN)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=AFTER_CTRL_C)
    assert process.returncode == 2, output
    assert "KeyboardInterrupt" in output
    assert lab("down").returncode == 0
    expect_nothing_left()


def test_sigkill_of_pytest(tmp_path: Path) -> None:
    asked = ("suites/mount", "--profile=core", "--nfs-versions", "4.2")
    with started(tmp_path, *asked) as process:
        eventually(lambda: _first_result(tmp_path), what="the first verdict", within=SHORT_RUN)
        process.kill()
        process.wait(10)
        first = _first_result(tmp_path)
        assert first, "a killed run keeps the verdicts that it reached"
        assert lab("down").returncode == 0
        expect_nothing_left()
    (run,) = tmp_path.glob("*Z-*")
    resumed = run_suite(tmp_path, *asked, "--resume", run.name)
    assert resumed.code == 0, resumed.output
    assert _first_result(tmp_path) == first, "what had its verdict is not tried again"
    assert len(resumed.results) == len({line["nodeid"] for line in resumed.results}) > 1
    assert list(tmp_path.glob("*Z-*")) == [run]
    expect_nothing_left()


def _kind_creates() -> bool:
    log = paths.cache_folder() / "world" / "kind.log"
    return log.exists() and "Starting control-plane" in log.read_text()


def _first_result(reports: Path) -> str:
    lines = [line for file in reports.glob("*/results.jsonl") for line in file.read_text().splitlines()]
    return lines[0] if lines else ""
