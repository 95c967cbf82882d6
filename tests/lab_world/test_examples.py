"""The target files in examples/ that name the suite's own servers lead to runs that pass."""

from pathlib import Path

import pytest

from tests.lab_world.suite_run import CHECKOUT, expect_nothing_left, run_suite


@pytest.mark.parametrize(("example", "version"), [("ganesha.toml", "4.1"), ("knfsd.toml", "3")])
def test_an_example_judges_its_server(example: str, version: str, tmp_path: Path) -> None:
    target = str(CHECKOUT / "examples" / example)
    run = run_suite(tmp_path, "suites/io", "suites/lock", "--target", target, "--nfs-versions", version, "-n", "2")
    assert run.code == 0, run.output
    assert run.ids("PASSED") >= {"IO-001", "IO-013", "LOCK-001"}, run.output
    assert {line["server"] for line in run.results} == {example.removesuffix(".toml")}
    expect_nothing_left()
