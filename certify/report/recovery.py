"""The times of recovery: what a run measured in seconds, requirement by requirement, on one scale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from certify.record import Measurement
from certify.report.cards import Card
from certify.report.subjects import Subject, Subjects
from certify.report.wording import seconds

WIDTH = 1000
# What is narrower cannot be seen.
_NARROWEST = 3.0
_TICKS = 4
# What a server makes its clients wait for, by the names that its facts have for it.
_PERIODS = ("grace period", "lease")
_SECONDS = re.compile(r"(?P<number>\d+(?:\.\d+)?) s")


@dataclass(frozen=True)
class Bar:
    """One measured time: `length` is its part of WIDTH."""

    card: Card
    measurement: Measurement
    length: float


@dataclass(frozen=True)
class Period:
    """A time that the server makes its clients wait, and `at`, its place on a line of WIDTH."""

    name: str
    value: float
    at: float


@dataclass(frozen=True)
class Recovery:
    """Bars by requirement, the server's own periods where they are known, and the marks of their common scale."""

    groups: tuple[tuple[Subject, tuple[Bar, ...]], ...]
    periods: tuple[Period, ...]
    ticks: tuple[str, ...]


def recovery_of(cards: Iterable[Card], subjects: Subjects, facts: Mapping[str, Any]) -> Recovery | None:
    """Return the times that the scenarios measured in seconds, or None if there are none.

    Whatever the verdicts are, requirements come in the order of their ids. Grace period and lease are the server's own
    where its facts name them, for example `10 s`.
    """
    measured = [(card, each) for card in cards for each in card.record.measurements if each.unit == "s"]
    if not measured:
        return None
    measured.sort(key=lambda pair: (pair[0].record.id, pair[0].record.server, pair[0].record.variant))
    periods = _periods(facts)
    longest = max(*(each.value for _, each in measured), *periods, 0.001)
    scale = WIDTH / longest
    bars = (Bar(card, each, max(each.value * scale, _NARROWEST)) for card, each in measured)
    groups = groupby(bars, key=lambda bar: bar.card.record.id)
    return Recovery(
        tuple((subjects.get(name), tuple(group)) for name, group in groups),
        tuple(Period(" and ".join(names), value, value * scale) for value, names in periods.items()),
        tuple(seconds(longest * number / _TICKS) for number in range(_TICKS + 1)),
    )


def _periods(facts: Mapping[str, Any]) -> dict[float, list[str]]:
    """Return the names of the server's periods by their seconds: mostly it has one for both."""
    server = facts.get("server")
    told = server if isinstance(server, Mapping) else {}
    found: dict[float, list[str]] = {}
    for name in _PERIODS:
        if match := _SECONDS.fullmatch(str(told.get(name))):
            found.setdefault(float(match["number"]), []).append(name)
    return found
