"""The night as a table: on the terminal and as a page."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.table import Table

from lab.progress import duration
from tests.nightly.night import Night
from tests.nightly.parts import Part

_COLOURS = {"passed": "green", "failed": "red", "too long": "red"}


def terminal_table(night: Night, parts: list[Part]) -> Table:
    """Return a row for each part; one that has not run yet says so."""
    table = Table("part", "result", "time", "what")
    for part in parts:
        result = night.results.get(part.name)
        outcome = result.outcome if result else "not run"
        style = _COLOURS.get(outcome, "dim")
        table.add_row(part.name, f"[{style}]{outcome}[/]", duration(result.seconds) if result else "", part.what)
    return table


def write_page(night: Night, parts: list[Part]) -> Path:
    """Write index.html into the night's folder and return its path."""
    jinja = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["duration"] = duration
    rows = [(part, night.results.get(part.name), _report(night, part)) for part in parts]
    page = night.folder / "index.html"
    counts = {outcome: sum(bool(result and result.outcome == outcome) for _, result, _ in rows) for outcome in _COLOURS}
    counts["not run"] = sum(result is None for _, result, _ in rows)
    content = {"name": night.folder.name, "suite": night.suite, "rows": rows, "counts": counts}
    page.write_text(jinja.get_template("page.html.j2").render(content), "utf-8")
    return page


def _report(night: Night, part: Part) -> str:
    """The report of the part's last run, relative to the page; "" where there is none."""
    report = night.folder / part.name / "latest" / "report.html"
    return f"{part.name}/latest/report.html" if report.exists() else ""
