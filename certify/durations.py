"""How long scenarios take: in the latest run, or else as the project has measured it."""

from __future__ import annotations

import json
from pathlib import Path

from certify.record import read_run

DURATIONS = Path(__file__).with_name("durations.json")


def shipped_durations() -> dict[str, float]:
    """Return seconds by test id, as the project has measured them: the same in every process of a run."""
    shipped: dict[str, float] = json.loads(DURATIONS.read_text("utf-8"))
    return shipped


def known_durations(reports: Path) -> dict[str, float]:
    """Return seconds by test id: of the latest run below `reports`, else as measured by the project."""
    shipped = shipped_durations()
    latest = reports / "latest"
    try:
        run = read_run((latest / "results.jsonl").read_bytes(), (latest / "environment.json").read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        return shipped
    return shipped | {record.nodeid: record.duration_s for record in run.records}
