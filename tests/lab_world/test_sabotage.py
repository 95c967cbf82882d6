"""A world broken on purpose makes exactly the named requirements FAIL."""

from pathlib import Path

import pytest

from tests.lab_world.suite_run import run_suite


@pytest.mark.parametrize(
    ("sabotage", "scenarios", "failing", "passing"),
    [
        pytest.param(
            "force-no-root-squash",
            ["suites/squash", "suites/workload/test_mysql_fails_under_root_squash.py"],
            {"SQUASH-001", "SQUASH-002", "WORKLOAD-001"},
            {"SQUASH-003"},
            id="server-never-squashes",
        ),
        pytest.param(
            "recycler-keeps-everything",
            ["suites/reclaim", "suites/volume"],
            {"RECLAIM-002"},
            {"VOLUME-001"},
            id="recycler-deletes-nothing",
        ),
    ],
)
def test_sabotage(tmp_path: Path, sabotage: str, scenarios: list[str], failing: set[str], passing: set[str]) -> None:
    run = run_suite(tmp_path, *scenarios, "--nfs-versions", "4.2", "--sabotage", sabotage)
    assert run.ids("FAILED") == failing, run.output
    assert run.ids("PASSED") == passing, run.output
    assert run.code == 1
