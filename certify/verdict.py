"""Verdicts, and the pure functions that reach them from what happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from certify.errors import Disturbed, EnvironmentFailure, NotSupported


class Verdict(StrEnum):
    """What a scenario says about the system under test; only PASSED is a pass."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    KNOWN = "KNOWN"
    INCONCLUSIVE = "INCONCLUSIVE"
    SKIPPED = "SKIPPED"


class Phase(StrEnum):
    """The three parts of a test, named as pytest names them."""

    SETUP = "setup"
    CALL = "call"
    TEARDOWN = "teardown"


class Outcome(StrEnum):
    """How one phase ended."""

    OK = "ok"
    VIOLATION = "violation"
    ENVIRONMENT = "environment"
    DISTURBED = "disturbed"
    NOT_SUPPORTED = "not supported"
    SKIP = "skip"
    ERROR = "error"


# From proved to broken. What several records of one variant say together is the worst that any of them says, so that
# a re-run or a second server never hides what the first has shown.
_FROM_BEST_TO_WORST = (
    Verdict.PASSED,
    Verdict.KNOWN,
    Verdict.NOT_SUPPORTED,
    Verdict.SKIPPED,
    Verdict.INCONCLUSIVE,
    Verdict.FAILED,
)
_ACCEPTED = frozenset({Verdict.PASSED, Verdict.NOT_SUPPORTED, Verdict.KNOWN})
_EXECUTED = frozenset({Verdict.PASSED, Verdict.FAILED, Verdict.KNOWN})


def outcome_of(error: BaseException | None) -> Outcome:
    """Return how a phase ended that raised `error`; a group counts as its least conclusive part."""
    if error is None:
        return Outcome.OK
    parts = list(leaves(error))
    if any(isinstance(part, Disturbed) for part in parts):
        return Outcome.DISTURBED
    if any(isinstance(part, EnvironmentFailure) for part in parts):
        return Outcome.ENVIRONMENT
    if all(isinstance(part, AssertionError) for part in parts):
        return Outcome.VIOLATION
    if all(isinstance(part, NotSupported) for part in parts):
        return Outcome.NOT_SUPPORTED
    return Outcome.ERROR


def judge(outcomes: Mapping[Phase, Outcome]) -> Verdict:
    """Return the verdict of a scenario from the phases that ran.

    A promise seen broken in the body stays FAILED whatever happens during teardown: the disorder that
    follows a violation must not soften it. Only a world that was disturbed does: what was seen may be its doing. Only
    three phases that ended well are a pass.
    """
    if Outcome.DISTURBED in outcomes.values():
        return Verdict.INCONCLUSIVE
    if outcomes.get(Phase.CALL) is Outcome.VIOLATION:
        return Verdict.FAILED
    ended = set(outcomes.values())
    if ended & {Outcome.ENVIRONMENT, Outcome.ERROR, Outcome.VIOLATION}:
        return Verdict.INCONCLUSIVE
    if Outcome.NOT_SUPPORTED in ended:
        return Verdict.NOT_SUPPORTED
    if Outcome.SKIP in ended:
        return Verdict.SKIPPED
    complete = all(outcomes.get(phase) is Outcome.OK for phase in Phase)
    return Verdict.PASSED if complete else Verdict.INCONCLUSIVE


def combine(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return what verdicts of variants or of repeated runs say together; None if there are none."""
    return max(verdicts, key=_FROM_BEST_TO_WORST.index, default=None)


def with_known_failure(verdict: Verdict, *, sometimes: bool = False) -> Verdict:
    """Return the verdict of a scenario that is listed as a known failure.

    A failure was expected. A pass was not, unless the failure only comes `sometimes`, and says that the list is wrong,
    so it proves nothing.
    """
    passed = Verdict.KNOWN if sometimes else Verdict.INCONCLUSIVE
    return {Verdict.FAILED: Verdict.KNOWN, Verdict.PASSED: passed}.get(verdict, verdict)


def run_passes(verdicts: Iterable[Verdict]) -> bool:
    """Return whether a run passes: something was executed, nothing failed, was skipped or stayed unproved."""
    reached = set(verdicts)
    return bool(reached & _EXECUTED) and reached <= _ACCEPTED


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Return the errors in a group of errors, however deep; an error alone is its own."""
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from leaves(part)
    else:
        yield error
