"""Verdicts: nothing but a complete, undisturbed scenario is a pass."""

from __future__ import annotations

import pytest

from certify.errors import Disturbed, EnvironmentFailure, NotSupported, Violation
from certify.verdict import Outcome, Phase, Verdict, judge, outcome_of, run_passes

OK = Outcome.OK


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.OK),
        (Violation("a promise", expected=1, seen=2), Outcome.VIOLATION),
        (AssertionError("plain"), Outcome.VIOLATION),
        (EnvironmentFailure("gone"), Outcome.ENVIRONMENT),
        (NotSupported("xattr"), Outcome.NOT_SUPPORTED),
        (KeyError("harness bug"), Outcome.ERROR),
        (ExceptionGroup("", [AssertionError(), AssertionError()]), Outcome.VIOLATION),
        (ExceptionGroup("", [AssertionError(), EnvironmentFailure()]), Outcome.ENVIRONMENT),
        (ExceptionGroup("", [AssertionError(), Disturbed()]), Outcome.DISTURBED),
        (ExceptionGroup("", [ExceptionGroup("", [AssertionError()]), OSError()]), Outcome.ERROR),
    ],
)
def test_errors_are_told_apart(error: BaseException | None, outcome: Outcome) -> None:
    assert outcome_of(error) is outcome


@pytest.mark.parametrize(
    ("setup", "call", "teardown", "verdict"),
    [
        (OK, OK, OK, Verdict.PASSED),
        (OK, Outcome.VIOLATION, OK, Verdict.FAILED),
        (OK, Outcome.VIOLATION, Outcome.ERROR, Verdict.FAILED),
        (OK, Outcome.VIOLATION, Outcome.ENVIRONMENT, Verdict.FAILED),
        (OK, Outcome.VIOLATION, Outcome.DISTURBED, Verdict.INCONCLUSIVE),
        (OK, OK, Outcome.DISTURBED, Verdict.INCONCLUSIVE),
        (OK, Outcome.ENVIRONMENT, OK, Verdict.INCONCLUSIVE),
        (OK, Outcome.ERROR, OK, Verdict.INCONCLUSIVE),
        (OK, OK, Outcome.ERROR, Verdict.INCONCLUSIVE),
        (OK, OK, Outcome.VIOLATION, Verdict.INCONCLUSIVE),
        (OK, Outcome.SKIP, Outcome.ENVIRONMENT, Verdict.INCONCLUSIVE),
        (Outcome.VIOLATION, None, OK, Verdict.INCONCLUSIVE),
        (Outcome.ENVIRONMENT, None, OK, Verdict.INCONCLUSIVE),
        (Outcome.NOT_SUPPORTED, None, OK, Verdict.NOT_SUPPORTED),
        (OK, Outcome.NOT_SUPPORTED, OK, Verdict.NOT_SUPPORTED),
        (Outcome.SKIP, None, OK, Verdict.SKIPPED),
        (OK, None, OK, Verdict.INCONCLUSIVE),
        (OK, OK, None, Verdict.INCONCLUSIVE),
    ],
)
def test_a_verdict_follows_from_the_phases(
    setup: Outcome, call: Outcome | None, teardown: Outcome | None, verdict: Verdict
) -> None:
    phases = {Phase.SETUP: setup, Phase.CALL: call, Phase.TEARDOWN: teardown}
    assert judge({phase: outcome for phase, outcome in phases.items() if outcome}) is verdict


def test_nothing_but_three_good_phases_is_a_pass() -> None:
    passing = [
        (setup, call, teardown)
        for setup in Outcome
        for call in Outcome
        for teardown in Outcome
        if judge({Phase.SETUP: setup, Phase.CALL: call, Phase.TEARDOWN: teardown}) is Verdict.PASSED
    ]
    assert passing == [(OK, OK, OK)]


@pytest.mark.parametrize(
    ("verdicts", "passes"),
    [
        ([], False),
        ([Verdict.PASSED], True),
        ([Verdict.PASSED, Verdict.NOT_SUPPORTED, Verdict.KNOWN], True),
        ([Verdict.NOT_SUPPORTED], False),
        ([Verdict.PASSED, Verdict.SKIPPED], False),
        ([Verdict.PASSED, Verdict.INCONCLUSIVE], False),
        ([Verdict.PASSED, Verdict.FAILED], False),
    ],
)
def test_a_run_passes_only_if_something_ran_and_nothing_is_open(verdicts: list[Verdict], passes: bool) -> None:
    assert run_passes(verdicts) is passes
