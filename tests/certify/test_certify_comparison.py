"""Two nights compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certify.comparison import Comparison, Figure, compare
from certify.record import Measurement, Record, Run
from certify.speed import SLOWNESS, SPEED, slowness_of
from certify.verdict import Verdict
from tests.certify.synthetic import complete_run, record, wanted


def run_of(*records: Record) -> Run:
    return replace(complete_run(), records=records)


def compared(before: Verdict | None, after: Verdict | None) -> Comparison:
    old = run_of(record(wanted(1), "3", before)) if before else run_of()
    return compare(old, run_of(record(wanted(1), "3", after)) if after else run_of())


@pytest.mark.parametrize(
    ("before", "after", "where", "worse"),
    [
        (Verdict.PASSED, Verdict.FAILED, "broken", True),
        (Verdict.PASSED, Verdict.INCONCLUSIVE, "broken", True),
        (None, Verdict.FAILED, "broken", True),
        (Verdict.PASSED, None, "gone", True),
        (Verdict.FAILED, Verdict.PASSED, "fixed", False),
        (Verdict.SKIPPED, Verdict.PASSED, "fixed", False),
        (None, Verdict.PASSED, "added", False),
        (None, Verdict.NOT_SUPPORTED, "added", False),
        (Verdict.FAILED, Verdict.FAILED, "still_failing", False),
        (Verdict.KNOWN, Verdict.INCONCLUSIVE, "still_failing", False),
        (Verdict.PASSED, Verdict.PASSED, None, False),
        (Verdict.FAILED, None, None, False),
        (Verdict.PASSED, Verdict.SKIPPED, "gone", True),
        (Verdict.PASSED, Verdict.KNOWN, None, False),
    ],
)
def test_each_change_is_in_its_place(
    before: Verdict | None, after: Verdict | None, where: str | None, worse: bool
) -> None:
    found = compared(before, after)
    places = [name for name in ("broken", "gone", "fixed", "added", "still_failing") if getattr(found, name)]
    assert places == ([where] if where else [])
    assert found.worse is worse


def test_a_change_says_why() -> None:
    (change,) = compared(Verdict.PASSED, Verdict.FAILED).broken
    assert (change.label, change.message) == ("NFSK8S-IO-001 [nfs3]", "It is FAILED.")


@pytest.mark.parametrize(
    ("before", "after", "slower"), [(10, 20, True), (10, 14, False), (1, 3, False), (60, 66, False)]
)
def test_slower_means_markedly_and_noticeably(before: float, after: float, slower: bool) -> None:
    one = record(wanted(1), "3")
    found = compare(run_of(replace(one, duration_s=before)), run_of(replace(one, duration_s=after)))
    assert bool(found.slower) is slower
    assert not found.worse


@pytest.mark.parametrize(("slowness", "after", "slower"), [(2.0, 20, False), (2.0, 40, True), (0.5, 10, True)])
def test_durations_are_compared_as_if_both_worlds_were_equally_fast(
    slowness: float, after: float, slower: bool
) -> None:
    one = record(wanted(1), "3")
    old, new = (
        replace(run_of(replace(one, duration_s=seconds)), facts={SPEED: {"gw0": {SLOWNESS: slow}}})
        for seconds, slow in ((10, 1.0), (after, slowness))
    )
    found = compare(old, new)
    assert found.world == slowness
    assert [(each.before_s, each.after_s) for each in found.slower] == ([(10 * slowness, after)] if slower else [])
    assert compare(run_of(one), new).world == 1.0  # the older one did not time its world


def test_the_slowness_of_a_run_is_that_of_its_worlds_together() -> None:
    assert slowness_of({SPEED: {"gw0": {SLOWNESS: 1.0}, "gw1": {SLOWNESS: 2.0}}}) == 1.5
    assert slowness_of({}) is None


def test_figures_that_both_have_stand_side_by_side_and_make_nothing_worse() -> None:
    one = record(wanted(1), "3")
    old, new = (
        replace(one, measurements=(Measurement("pause", value, "s"), Measurement(only, 1, "s")))
        for value, only in ((2.5, "gone"), (250, "new"))
    )
    found = compare(run_of(old), run_of(new))
    assert found.figures == (Figure("NFSK8S-IO-001 [nfs3]", "pause", "s", 2.5, 250),)
    assert not found.worse
    assert compare(run_of(replace(new, id="NFSK8S-IO-002")), run_of(new)).figures == ()


def test_repeated_runs_of_a_scenario_count_together() -> None:
    good, bad = record(wanted(1), "3"), record(wanted(1), "3", Verdict.FAILED)
    assert compare(run_of(good), run_of(bad, good)).worse
    assert not compare(run_of(bad, good), run_of(bad, good)).worse


@pytest.mark.parametrize("after", [Verdict.PASSED, Verdict.FAILED])
def test_a_version_that_another_speaks_for_now_is_not_gone(after: Verdict) -> None:
    old = run_of(record(wanted(1), "3"), record(wanted(1), "4.2"))
    found = compare(old, run_of(replace(record(wanted(1), "4.2", after), version="")))
    assert not found.gone
    assert found.worse is (after is Verdict.FAILED)
