"""A run for GitHub Actions: the step's summary, annotations, and outputs that later steps read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from certify.assessment import Assessment
from certify.record import LIMITS, Record, Run
from certify.summary import diagnosis_of, most_useful, verdict_of_certificate
from certify.verdict import Verdict

_ANNOTATED = {Verdict.FAILED: "error", Verdict.INCONCLUSIVE: "warning"}
_SHOWN = 10  # of a kind; GitHub drops what is more


def step_summary(run: Run, assessment: Assessment) -> str:
    """Return the verdicts, the certificate, and the failures with cause and fix, as Markdown."""
    counts = [(verdict, run.count(verdict)) for verdict in Verdict if run.count(verdict)]
    product = assessment.target.product
    lines = [
        f"## {product.name} {product.version}".rstrip(),
        "",
        f"**{'Passed' if run.passed else 'Not passed'}**, {verdict_of_certificate(assessment)}",
        "",
        f"| {' | '.join(str(verdict) for verdict, _ in counts)} |",
        f"|{' --- |' * len(counts)}",
        f"| {' | '.join(str(count) for _, count in counts)} |",
        *(f"\n> {name}: {limit}" for name, limit in run.facts.get(LIMITS, {}).items()),
        *(line for record in most_useful(run) for line in _failure(record)),
    ]
    return "\n".join(lines) + "\n"


def annotation_lines(run: Run) -> Iterator[str]:
    """Yield a workflow command for each failure, those that were not judged after those that failed."""
    for verdict, kind in _ANNOTATED.items():
        records = [record for record in run.ordered() if record.verdict is verdict]
        for record in records[:_SHOWN]:
            title = f"{verdict} {record.label}"
            found = diagnosis_of(record)
            text = "\n".join([record.summary, *record.message.splitlines()[:4], *([found.title] if found else [])])
            yield f"::{kind} file={record.nodeid.partition('::')[0]},title={_escaped(title, ':,')}::{_escaped(text)}"


def outputs(assessment: Assessment, *, worse: bool, folder: Path) -> str:
    """Return lines for the file in GITHUB_OUTPUT; nothing is `worse` without an earlier run to compare with."""
    values = {"certified": assessment.certified, "worse": worse}
    lines = [f"{name}={str(value).lower()}" for name, value in values.items()]
    return "\n".join([*lines, f"reports={folder}"]) + "\n"


def _failure(record: Record) -> Iterator[str]:
    yield f"\n### {record.verdict} {record.label}\n"
    yield record.summary
    yield "\n```text"
    yield from record.message.splitlines()[:6]
    yield "```"
    if found := diagnosis_of(record):
        yield f"\n{found.cause}\n"
        yield from (f"- {fix}" for fix in found.fix)


def _escaped(text: str, also: str = "") -> str:
    """Return text as workflow commands want it; `also` are letters with a meaning of their own there.

    >>> _escaped("50 %\\nmore")
    '50 %25%0Amore'
    """
    for letter in ("%", "\r", "\n", *also):
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
