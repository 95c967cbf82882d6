"""A scenario while it runs: what is known before it starts, what its phases add, the record at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from certify.diagnosis import diagnose, known_diagnoses
from certify.errors import without_expectations
from certify.evidence import Evidence
from certify.record import Record
from certify.redact import redact
from certify.requirement import Requirement
from certify.verdict import Outcome, Phase, Verdict, judge, with_known_failure

_UNFINISHED = "The scenario never finished: the run, or the worker that ran it, ended first. Run it again."


def planned(requirement: Requirement, *, nodeid: str, variant: str, version: str, server: str, worker: str) -> Record:
    """Return the record of a scenario that is about to start: inconclusive unless more is heard of it."""
    return Record(
        id=requirement.id,
        nodeid=nodeid,
        variant=variant,
        verdict=Verdict.INCONCLUSIVE,
        duration_s=0.0,
        message=_UNFINISHED,
        version=version,
        server=server,
        level=requirement.level,
        summary=requirement.summary,
        description=requirement.description,
        cites=requirement.cites,
        features=tuple(sorted(requirement.features)),
        since=requirement.since,
        worker=worker,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


class Scenario:
    """Gathers the phases of one scenario."""

    def __init__(self, plan: Record, evidence: Evidence) -> None:
        self.plan = plan
        self.evidence = evidence
        self._outcomes: dict[Phase, Outcome] = {}
        self._seconds: dict[str, float] = {}
        self._messages: list[str] = []
        self._broken = ""

    def observe(self, phase: Phase, outcome: Outcome, message: str, duration_s: float) -> None:
        """Add a phase that ended; `message` is empty if it ended well."""
        self._outcomes[phase] = outcome
        self._seconds[phase] = round(duration_s, 3)
        if phase is Phase.CALL and outcome is Outcome.VIOLATION:
            self._broken = message.partition("\n")[0]
        if message:
            self._messages.append(message if phase is Phase.CALL else f"In {phase}: {message}")

    @property
    def broken(self) -> str:
        """Return the words of the check that the body saw fail, "" where it saw none."""
        return self._broken

    @property
    def outcomes(self) -> Mapping[Phase, Outcome]:
        """Return how the phases seen so far ended."""
        return self._outcomes

    def record(self, known: str = "", *, sometimes: bool = False) -> Record:
        """Return the finished record; `known` is the reason for which a failure was expected, always or `sometimes`."""
        verdict = judge(self._outcomes)
        messages = list(self._messages)
        if known:
            verdict = with_known_failure(verdict, sometimes=sometimes)
            if verdict is Verdict.KNOWN and not messages:
                messages.append(f"It passed this time; its failure comes and goes ({known}).")
            if verdict is Verdict.INCONCLUSIVE and not messages:
                messages.append(f"It passed, though it is listed as a known failure ({known}): remove the entry.")
        if verdict is Verdict.INCONCLUSIVE and not messages:
            messages.append("The body of the scenario did not run: nothing was proved.")
        record = replace(
            self.plan,
            verdict=verdict,
            duration_s=round(sum(self._seconds.values()), 3),
            message=redact("\n".join(messages)),
            phases=self._seconds,
            outcomes={str(phase): str(outcome) for phase, outcome in self._outcomes.items()},
            known=known,
            sometimes=sometimes,
            steps=tuple(self.evidence.steps),
            checks=tuple(self.evidence.checks),
            evidence=tuple(self.evidence.attached),
            measurements=tuple(self.evidence.measured),
        )
        return record if verdict is Verdict.PASSED else replace(record, diagnoses=_diagnoses(record))


def _diagnoses(record: Record) -> tuple[str, ...]:
    """Look for symptoms in everything the scenario says of its failure."""
    broken = [f"{check.what}\n{check.seen}" for check in record.checks if not check.ok]
    quoted = [exhibit.text for exhibit in record.evidence if exhibit.text]
    return diagnose([without_expectations(record.message), *broken, *quoted], known_diagnoses().values())
