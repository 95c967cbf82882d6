"""The reports of a run, made from its files alone: report.html for people, junit.xml for CI systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from certify.folder import RunFolder
from certify.junit import junit_xml
from certify.record import Facts, Record, Run
from certify.verdict import Verdict

# The page stays light: bigger evidence, and all after the budget is spent, is linked and not embedded.
_PIECE_LIMIT = 16 * 1024
_PAGE_BUDGET = 512 * 1024

_RFC = re.compile(r"RFC ?(\d+)", re.IGNORECASE)
_MANUAL = re.compile(r"([a-z][\w.-]*)\(([1-8])\)")
_THREAD = re.compile(r"([\w.-]+/[\w.-]+)#(\d+)")
_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Exhibit:
    """A piece of evidence as the page shows it: embedded if `text` is not None, else linked by `path`."""

    name: str
    path: str
    size: int | None
    text: str | None


@dataclass(frozen=True)
class Row:
    """A row of the matrix: a requirement, and its records by version."""

    id: str
    level: str
    summary: str
    cells: dict[str, list[Record]]


def write_reports(folder: RunFolder) -> Run:
    """Write report.html and junit.xml of the run in `folder`, and return the run."""
    run = folder.load()
    (folder.path / "junit.xml").write_text(junit_xml(run, folder), "utf-8")
    (folder.path / "report.html").write_text(report_html(run, folder), "utf-8")
    return run


def report_html(run: Run, folder: RunFolder) -> str:
    """Return the run as one page that needs nothing else, and opens without network."""
    loader = FileSystemLoader(Path(__file__).parent)
    jinja = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    jinja.filters["seconds"] = _seconds
    jinja.filters["moment"] = _moment
    jinja.filters["link"] = _link
    records = run.ordered()
    unproved = [record for record in records if record.verdict is not Verdict.PASSED]
    return jinja.get_template("report.html.j2").render(
        run=run,
        verdict=_overall(run),
        counts={verdict: run.count(verdict) for verdict in Verdict if run.count(verdict)},
        versions=sorted({record.version for record in records}),
        areas=_matrix(records),
        unproved=unproved,
        passed=[record for record in records if record.verdict is Verdict.PASSED],
        exhibits=_exhibits([*unproved, *records], folder),
        facts=list(_flat(run.facts)),
    )


def _overall(run: Run) -> str:
    if run.passed:
        return "PASSED"
    if run.count(Verdict.FAILED):
        return "FAILED"
    return "INTERRUPTED" if run.info.interrupted else "NOT PROVED"


def _matrix(records: Iterable[Record]) -> dict[str, list[Row]]:
    """Return the matrix's rows by area."""
    rows: dict[str, Row] = {}
    for record in records:
        row = rows.setdefault(record.id, Row(record.id, record.level, record.summary, {}))
        row.cells.setdefault(record.version, []).append(record)
    areas: dict[str, list[Row]] = {}
    for row in rows.values():
        area = next(iter(row.cells.values()))[0].area
        areas.setdefault(area, []).append(row)
    return areas


def _exhibits(records: Iterable[Record], folder: RunFolder) -> dict[str, Exhibit]:
    """Return all evidence by path; the records named first have the first claim on the page's budget."""
    left = _PAGE_BUDGET
    found: dict[str, Exhibit] = {}
    for path in (path for record in records for path in record.evidence):
        if path in found:
            continue
        size = folder.size_of(path)
        embedded = size is not None and size <= min(_PIECE_LIMIT, left)
        text = folder.read_evidence(path) if embedded else None
        left -= size if embedded and size else 0
        found[path] = Exhibit(Path(path).name, path, size, text)
    return found


def _link(cite: str) -> str:
    """Return the address that a citation leads to, or nothing if it names none."""
    if url := _URL.search(cite):
        return url.group()
    if thread := _THREAD.search(cite):
        return f"https://github.com/{thread[1]}/issues/{thread[2]}"
    if rfc := _RFC.search(cite):
        return f"https://www.rfc-editor.org/rfc/rfc{rfc[1]}"
    if manual := _MANUAL.search(cite):
        return f"https://man7.org/linux/man-pages/man{manual[2]}/{manual[1]}.{manual[2]}.html"
    return ""


def _seconds(value: float) -> str:
    if value < 60:
        return f"{value:.2f} s"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} min {seconds:02d} s"


def _moment(timestamp: str) -> str:
    return f"{timestamp[:19].replace('T', ' ')} UTC"


def _flat(facts: Facts, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in sorted(facts.items()):
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key} / ")
        else:
            yield f"{prefix}{key}", value
