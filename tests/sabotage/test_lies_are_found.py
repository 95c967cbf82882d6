"""A world broken on purpose makes exactly the named requirements FAIL."""

from pathlib import Path

import pytest

from certify.catalogue import published
from fixtures.sabotage import SABOTAGES, Sabotage
from tests.lab_world.suite_run import WHOLE_SUITE, run_suite
from tests.sabotage.telling import options_for

A_FEW = 2  # scenarios that are over before a second process would have begun


@pytest.mark.parametrize("lie", SABOTAGES.values(), ids=lambda lie: lie.name)
def test_lie_is_found(tmp_path: Path, lie: Sabotage) -> None:
    files = [entry.test for entry in published().entries if entry.requirement.id.removeprefix("NFSK8S-") in lie.breaks]
    options = options_for(lie)
    if len(files) > A_FEW:
        options += ["-n", "2"]
    run = run_suite(tmp_path, *files, *options, within=WHOLE_SUITE)
    verdicts = {(line["id"].removeprefix("NFSK8S-"), line["variant"]): line["verdict"] for line in run.results}
    assert {requirement for requirement, _ in verdicts} == lie.breaks
    assert set(verdicts.values()) == {"FAILED"}, f"{verdicts}\n{run.output}"
    assert run.code == 1
