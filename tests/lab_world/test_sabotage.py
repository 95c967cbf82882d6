"""A world broken on purpose makes exactly the named requirements FAIL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from certify.publication import collect
from fixtures.sabotage import SABOTAGES, Sabotage
from tests.lab_world.suite_run import SHORT_RUN, lab, run_suite


@pytest.fixture(scope="module")
def kept_world() -> Iterator[None]:
    """One world for all the lies: each run leaves it up for the next."""
    yield
    lab("down")


def scenarios(sabotage: Sabotage) -> dict[str, str]:
    """The test files of what the lie breaks, by id."""
    files = {requirement.id.removeprefix("NFSK8S-"): file for file, requirement in collect().items()}
    return {identity: files[identity] for identity in sorted(sabotage.breaks)}


@pytest.mark.parametrize("sabotage", SABOTAGES.values(), ids=SABOTAGES)
@pytest.mark.usefixtures("kept_world")
def test_sabotage(tmp_path: Path, sabotage: Sabotage) -> None:
    broken = scenarios(sabotage)
    versions = ",".join(sabotage.versions)
    options = ("--keep", "--nfs-versions", versions, "--sabotage", sabotage.name)
    run = run_suite(tmp_path, *broken.values(), *options, within=2 * SHORT_RUN)
    assert run.ids("FAILED") == sabotage.breaks, run.output
    assert {line["verdict"] for line in run.results} == {"FAILED"}, run.output
    assert run.code == 1
