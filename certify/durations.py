"""How long scenarios take: in the latest run, or else as the project has measured it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from statistics import median

from certify.record import read_run

DURATIONS = Path(__file__).with_name("durations.json")


@cache
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


def expected(nodeid: str, seconds: Mapping[str, float]) -> float | None:
    """Return how long a test takes, by test id; one on an NFS version that was never timed as long as on others.

    >>> expected("a.py::a[nfs4.1]", {"a.py::a[nfs3]": 2.0, "a.py::a[nfs4.2]": 3.0}), expected("b.py::b", {})
    (3.0, None)
    """
    if nodeid in seconds:
        return seconds[nodeid]
    test, variant, _ = nodeid.partition("[")
    alike = [found for other, found in seconds.items() if variant and other.startswith(f"{test}[")]
    return max(alike, default=None)


def pace(measured: Mapping[str, float], expected: Mapping[str, float]) -> float | None:
    """Return how many times longer than expected scenarios take here, by test id; None where nothing can be compared.

    The median: the first scenario of a run waits for the cluster, which says nothing about the others.
    """
    ratios = [seconds / expected[nodeid] for nodeid, seconds in measured.items() if expected.get(nodeid)]
    return median(ratios) if ratios else None
