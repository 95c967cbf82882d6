"""The end of a run on the terminal: the verdict, the failures that say most, and where the reports are."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from certify.assessment import Assessment
from certify.diagnosis import Diagnosis, known_diagnoses
from certify.record import LIMITS, Record, Run
from certify.verdict import Verdict

_SHOWN = 3
# A broken promise says more than a world that broke, and of those the one with a known cause and cure says most.
_TELLING = (Verdict.FAILED, Verdict.INCONCLUSIVE)


@dataclass(frozen=True)
class Line:
    """A line and how a terminal marks it (pytest's names: red, green, bold ...)."""

    text: str
    markup: dict[str, bool] = field(default_factory=dict)


def summary(run: Run, assessment: Assessment, folder: Path, after: str | None = None) -> list[Line]:
    """Return the lines; `folder` is the run's, `after` the line that says what to run next."""
    counts = ", ".join(f"{run.count(verdict)} {verdict}" for verdict in Verdict if run.count(verdict))
    good = {"green": True, "bold": True} if run.passed else {"red": True, "bold": True}
    return [
        Line(f"{'PASS' if run.passed else 'NO PASS'}: {counts}", good),
        *(Line(problem, {"yellow": True}) for problem in run.problems),
        *(Line(f"{name}: {limit}", {"yellow": True}) for name, limit in run.facts.get(LIMITS, {}).items()),
        *(line for record in most_useful(run) for line in _failure(record)),
        *_others(run),
        Line(verdict_of_certificate(assessment)),
        Line(f"report:      {folder / 'report.html'}"),
        Line(f"junit:       {folder / 'junit.xml'}"),
        Line(f"certificate: {folder / 'certificate'}"),
        *([Line(after, {"bold": True})] if after else []),
    ]


def most_useful(run: Run) -> list[Record]:
    """Return the failures to look at first: one a requirement and cause, diagnosed ones before others."""
    failures = [record for record in run.ordered() if record.verdict in _TELLING]
    failures.sort(key=lambda record: (_TELLING.index(record.verdict), not record.diagnoses))
    chosen: dict[str, Record] = {}
    for record in failures:
        chosen.setdefault(record.diagnoses[0] if record.diagnoses else record.id, record)
    return list(chosen.values())[:_SHOWN]


def diagnosis_of(record: Record) -> Diagnosis | None:
    """Return the diagnosis that fits the record best, or None."""
    found = [known_diagnoses()[name] for name in record.diagnoses if name in known_diagnoses()]
    return found[0] if found else None


def _failure(record: Record) -> list[Line]:
    lines = [Line(f"{record.verdict} {record.label}: {record.summary}", {"red": True})]
    lines += [Line(f"    {text}") for text in record.message.splitlines()[:6]]
    if diagnosis := diagnosis_of(record):
        lines += [Line(text) for text in _wrapped("cause: ", diagnosis.cause)]
        lines += [Line(text) for fix in diagnosis.fix for text in _wrapped("fix:   ", fix)]
        lines += [Line(f"    see:   {', '.join(diagnosis.references)}")]
    return lines


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, 116, initial_indent=f"    {label}", subsequent_indent=" " * (4 + len(label)))


def _others(run: Run) -> list[Line]:
    shown = most_useful(run)
    others = [record for record in run.ordered() if record.verdict is not Verdict.PASSED and record not in shown]
    return [Line(f"{record.verdict:<13} {record.label}  {record.headline}") for record in others]


def verdict_of_certificate(assessment: Assessment) -> str:
    """Return whether the run certifies, and how far it came."""
    if assessment.certified:
        return f"certified for the profile {assessment.profile}: all {assessment.required} required results passed"
    proved = assessment.required - len(assessment.missing)
    passed = f"{proved} of {assessment.required} required results passed"
    if assessment.look:
        return f"a look and no certificate, profile {assessment.profile}: {passed}"
    return f"not certified for the profile {assessment.profile}: {passed}"
