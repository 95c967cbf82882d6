"""The report for people: a run as one page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from certify.assessment import Assessment
from certify.catalogue import Catalogue, published
from certify.profile import PROFILES
from certify.record import LIMITS, Record, Run
from certify.report import wording
from certify.report.allotment import Allotment, allot, least
from certify.report.cards import Index, cards_of
from certify.report.matrix import matrix_of
from certify.report.missing import missing_groups
from certify.report.recovery import WIDTH as RECOVERY_WIDTH
from certify.report.recovery import recovery_of
from certify.report.subjects import Subjects
from certify.report.timeline import WIDTH, timeline_of
from certify.summary import most_useful
from certify.verdict import Verdict

_PARTS = Path(__file__).with_name("report")
# Bytes. Below this the page shows how scenarios passed and quotes evidence; the rest stays in the run's files.
PAGE_LIMIT = 1_000_000

_TONES = {"PASSED": "passed", "FAILED": "failed"}


@dataclass(frozen=True)
class Facet:
    """Something to filter by, and the values that occur."""

    name: str
    label: str
    values: tuple[str, ...]


def report_html(run: Run, assessment: Assessment, catalogue: Catalogue | None = None) -> str:
    """Return the run as one page that needs nothing else, and opens without network.

    `catalogue` (the published one if there is none) tells what the requirements are about for which nothing ran.
    """
    content = _content(run, assessment, catalogue or published())
    # What there is room for shows once everything else is there.
    bare = _filled(content, least(content["cards"]))
    return _filled(content, allot(content["cards"], PAGE_LIMIT - len(bare.encode("utf-8"))))


def _filled(content: dict[str, Any], allotment: Allotment) -> str:
    return wording.fit(_templates().get_template("page.html.j2").render(content, allotment=allotment))


def _content(run: Run, assessment: Assessment, catalogue: Catalogue) -> dict[str, Any]:
    cards = cards_of(run)
    index, subjects = Index(cards), Subjects(run, catalogue)
    verdict = _overall(run)
    style, script = _asset("page.css"), _asset("page.js")
    return {
        "run": run,
        "assessment": assessment,
        "style": style,
        "script": script,
        "policy": _policy(style, script),
        "verdict": verdict,
        "tone": _TONES.get(verdict, "inconclusive"),
        "wider": PROFILES[assessment.profile].wider,
        "objections": list(dict.fromkeys((*run.problems, *assessment.objections))),
        "limits": run.facts.get(LIMITS, {}),
        "counts": {verdict: run.count(verdict) for verdict in Verdict if run.count(verdict)},
        "first": [index.of(record) for record in most_useful(run)],
        "missing": missing_groups(assessment, index, subjects),
        "matrix": matrix_of(run, assessment, index, subjects),
        "recovery": recovery_of(cards, subjects, run.facts),
        "recovery_width": RECOVERY_WIDTH,
        "timeline": timeline_of(cards),
        "timeline_width": WIDTH,
        "facets": list(_facets(run.records)),
        "cards": cards,
        "facts": list(wording.flat(run.facts)),
    }


def _overall(run: Run) -> str:
    if run.passed:
        return "PASSED"
    if run.count(Verdict.FAILED):
        return "FAILED"
    return "INTERRUPTED" if run.info.interrupted else "NOT PROVED"


def _facets(records: Sequence[Record]) -> Iterator[Facet]:
    """Yield what divides the records."""
    found = {
        "area": ("Area", {record.area for record in records}),
        "version": ("NFS version", {record.version for record in records}),
        "level": ("Level", {record.level for record in records}),
        "server": ("Server", {record.server for record in records}),
    }
    for name, (label, values) in found.items():
        if len(values) > 1:
            yield Facet(name, label, tuple(sorted(values)))


def _policy(style: str, script: str) -> str:
    """Return the page's Content-Security-Policy: this style, this script, and nothing from anywhere."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


@cache
def _asset(name: str) -> Markup:
    return Markup((_PARTS / name).read_text("utf-8"))


@cache
def _templates() -> Environment:
    jinja = Environment(
        loader=FileSystemLoader(_PARTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("counted", "figure", "link", "moment", "nfs", "paragraphs", "prose", "seconds", "words"):
        jinja.filters[name] = getattr(wording, name)
    return jinja
