"""What is to run after a run, and about how long that takes here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certify.durations import pace
from certify.following import following
from certify.record import Run
from tests.certify.synthetic import CATALOGUE, complete_run


def run_of(profile: str, *command: str) -> Run:
    """A run that has passed, with its first two records on a worker each."""
    run = complete_run(profile=profile, command=command or ("suites/",))
    first, second, *_ = run.records
    return replace(run, records=(replace(first, worker="gw0"), replace(second, worker="gw1")))


def test_the_next_wider_profile_and_its_time_at_this_machines_pace() -> None:
    run = run_of("quick", "suites/", "-n", "2", "--profile", "quick")
    expected = {run.records[0].nodeid: 0.5, run.records[1].nodeid: 2.5}  # measured: 1.25 each, so 2.5 and 0.5 times
    assert pace({one.nodeid: one.duration_s for one in run.records}, expected) == 1.5
    on_both = "suites/io/test_one.py::test_it[nfs3]", "suites/io/test_one.py::test_it[nfs4.2]"
    once = "suites/io/test_three.py::test_it"
    elsewhere = "suites/recovery/test_other.py::test_it"
    times = {**expected, on_both[0]: 100.0, on_both[1]: 140.0, once: 60.0, elsewhere: 9999.0}
    line = following(run, CATALOGUE, times)
    assert line is not None
    assert line.endswith("-m pytest suites/ -n 2 --profile core  (about 4 min here)"), line  # 1.5 * 300 s / 2 workers


def test_a_version_that_was_never_timed_takes_as_long_as_another() -> None:
    run = run_of("quick")
    times = {run.records[0].nodeid: 1.25, "suites/io/test_one.py::test_it[nfs4.2]": 100.0}
    assert "(about 2 min here)" in str(following(run, CATALOGUE, times))  # twice 100 s on two workers


@pytest.mark.parametrize(
    ("profile", "problems", "ends"),
    [
        ("quick", (), "-m pytest suites/ --profile core"),
        ("core", (), "-m pytest suites/ --profile full"),
        ("resilience", (), "-m pytest suites/ --profile full"),
        ("full", (), None),
        ("quick", ("It was interrupted.",), None),
    ],
)
def test_nothing_follows_the_widest_profile_or_a_run_that_is_to_be_mended(
    profile: str, problems: tuple[str, ...], ends: str | None
) -> None:
    line = following(replace(run_of(profile), info=replace(run_of(profile).info, problems=problems)), CATALOGUE, {})
    assert line is None if ends is None else str(line).endswith(ends)


def test_the_profile_is_replaced_however_it_was_written() -> None:
    line = str(following(run_of("quick", "suites/", "--profile=quick", "--target", "my filer.toml"), CATALOGUE, {}))
    assert line.endswith("suites/ --target 'my filer.toml' --profile core")
