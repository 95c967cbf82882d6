"""Schedules of faults: drawn the same everywhere, written and read back, and made as short as they still fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.faults.plan import FAULTS, FaultPlan
from fixtures.faults.schedule import (
    FEWEST,
    KINDS,
    MOST,
    MOST_CHANGES,
    MOST_FAULTS,
    MOST_SECONDS,
    PlannedFault,
    Schedule,
    shrink,
)

REPOSITORY = Path(__file__).parents[2]
# What Python 3.11 draws, and every other version.
SEED_7 = (
    "seed 7: after 29 changes: poor network of 2 s; after 10 more: kill; after 51 more: restart; after 17 more: kill; "
    "after 58 more: partition of 6 s; after 27 more: power cut"
)
ENOUGH = 1000

_planned = st.sampled_from(KINDS).flatmap(
    lambda kind: st.builds(
        PlannedFault,
        st.just(kind.name),
        st.integers(1, MOST_CHANGES),
        st.integers(1, MOST_SECONDS) if kind.longest else st.just(0),
    )
)
_schedules = st.lists(_planned, max_size=8).map(lambda faults: Schedule(tuple(faults)))
_seeds = st.integers(0, 10**18)


def test_a_seed_draws_the_same_in_every_version_of_python() -> None:
    assert str(Schedule.drawn(7, KINDS, 6)) == SEED_7


def test_a_seed_draws_the_same_in_every_process() -> None:
    program = "from fixtures.faults.schedule import *; print(Schedule.drawn(7, KINDS, 6))"
    for hashing in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == SEED_7


@given(_seeds, st.integers(0, 3 * len(KINDS)))
def test_every_kind_comes_before_any_comes_again_and_all_are_within_bounds(seed: int, count: int) -> None:
    schedule = Schedule.drawn(seed, KINDS, count)
    times = [sum(fault.kind == kind.name for fault in schedule.faults) for kind in KINDS]
    assert sum(times) == count
    assert max(times) - min(times) <= 1
    assert all(FEWEST <= fault.after <= MOST for fault in schedule.faults)
    lengths = {kind.name: range(kind.shortest, kind.longest + 1) for kind in KINDS}
    assert all(fault.seconds in lengths[fault.kind] for fault in schedule.faults)


def test_another_seed_draws_another_schedule() -> None:
    assert len({Schedule.drawn(seed, KINDS, FAULTS).faults for seed in range(100)}) == 100


@given(_schedules, st.none() | _seeds)
def test_what_is_written_is_read_back(schedule: Schedule, seed: int | None) -> None:
    whole = Schedule(schedule.faults, seed)
    assert Schedule.parse(str(whole)) == whole


def test_it_reads_well() -> None:
    assert str(Schedule((PlannedFault("kill", 1), PlannedFault("poor network", 1, 3)))) == (
        "after 1 change: kill; after 1 more: poor network of 3 s"
    )
    assert str(Schedule((), 4)) == "seed 4: no fault"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "'' is no fault of a schedule"),
        ("power cut", "'power cut' is no fault of a schedule"),
        ("after 3 changes: flood", "there is no fault 'flood': use one of power cut, restart, kill, partition"),
        ("after 0 changes: kill", "a kill after 0 changes: use 1 to 1000"),
        ("after 1001 changes: kill", "a kill after 1001 changes: use 1 to 1000"),
        ("after 3 changes: partition", "a partition of 0 s: use 1 to 60 s"),
        ("after 3 changes: partition of 61 s", "a partition of 61 s: use 1 to 60 s"),
        ("after 3 changes: kill of 2 s", "a kill takes its own time: leave out the seconds"),
        ("; ".join(["after 3 more: kill"] * (MOST_FAULTS + 1)), "it has 21 faults: use 20 at most"),
    ],
)
def test_what_is_no_schedule_is_refused_with_its_cause(text: str, cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        Schedule.parse(text)


def test_faults_that_stay_strike_after_as_many_changes_as_before() -> None:
    whole = Schedule.parse("after 10 changes: kill; after 20 more: restart; after 30 more: power cut")
    assert str(whole.without(0, 2)) == "after 60 changes: power cut"
    assert str(whole.without(1, 1)) == "after 10 changes: kill; after 50 more: power cut"
    assert str(whole.without(2, 5)) == "after 10 changes: kill; after 20 more: restart"
    late = Schedule((PlannedFault("kill", MOST_CHANGES), PlannedFault("restart", MOST_CHANGES)))
    assert late.without(0, 1).faults == (PlannedFault("restart", MOST_CHANGES),)


def _has(schedule: Schedule, kinds: frozenset[str]) -> bool:
    return kinds <= {fault.kind for fault in schedule.faults}


@given(_schedules, st.frozensets(st.sampled_from([kind.name for kind in KINDS])))
def test_what_alone_fails_is_left_and_nothing_else(schedule: Schedule, guilty: frozenset[str]) -> None:
    if _has(schedule, guilty):
        shortest = shrink(schedule, lambda candidate: _has(candidate, guilty), ENOUGH).schedule
        assert sorted(fault.kind for fault in shortest.faults) == sorted(guilty)
        assert all(fault.seconds <= 1 for fault in shortest.faults)


@settings(deadline=None)
@given(_schedules, st.integers(0, 12), st.randoms(use_true_random=False))
def test_tries_are_bounded_and_the_result_was_seen_to_fail(schedule: Schedule, at_most: int, lot: object) -> None:
    tried: dict[Schedule, bool] = {}

    def fails(candidate: Schedule) -> bool:
        assert candidate not in tried, "nothing is tried twice"
        assert candidate != schedule
        tried[candidate] = lot.random() < 0.5  # type: ignore[attr-defined]
        return tried[candidate]

    found = shrink(schedule, fails, at_most)
    assert found.tries == len(tried) <= at_most
    assert found.schedule == schedule or tried[found.schedule]
    assert len(found.schedule.faults) <= len(schedule.faults)
    assert sum(fault.seconds for fault in found.schedule.faults) <= sum(fault.seconds for fault in schedule.faults)


@given(_schedules)
def test_what_never_fails_again_stays_as_it_was(schedule: Schedule) -> None:
    assert shrink(schedule, lambda _: False, ENOUGH).schedule == schedule


def test_durations_are_halved_as_long_as_it_fails() -> None:
    whole = Schedule.parse("after 5 changes: partition of 40 s; after 5 more: kill")
    found = shrink(whole, lambda candidate: any(fault.seconds >= 9 for fault in candidate.faults), ENOUGH)
    assert str(found.schedule) == "after 5 changes: partition of 10 s"


def test_a_plan_draws_one_schedule_or_consecutive_ones_until_its_time_is_over() -> None:
    assert [schedule.seed for schedule in FaultPlan(5).schedules()] == [5]
    moments = iter([0.0, 20.0, 40.0, 60.0])
    assert [schedule.seed for schedule in FaultPlan(5, soak=60).schedules(lambda: next(moments))] == [5, 6, 7]
    (drawn,) = FaultPlan(5).schedules()
    assert len(drawn.faults) == FAULTS


def test_a_written_schedule_takes_the_place_of_drawn_ones() -> None:
    plan = FaultPlan(5, written="after 5 changes: kill")
    assert list(map(str, plan.schedules())) == ["after 5 changes: kill"]
    assert plan.facts() == {"schedule": "after 5 changes: kill"}
    assert FaultPlan(5).facts() == {"seed": 5}
    assert FaultPlan(5, soak=90).facts() == {"seed": 5, "soak": "90 s"}
