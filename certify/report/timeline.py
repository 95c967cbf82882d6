"""The timeline: when which worker ran which scenario, drawn in units of the whole run's length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from certify.report.cards import Card
from certify.report.wording import seconds
from certify.verdict import Phase

WIDTH = 1000
# What is narrower cannot be seen.
_NARROWEST = 3.0
_TICKS = 4
_SLOWEST = 10


@dataclass(frozen=True)
class Bar:
    """A scenario on its lane; `outline` is an SVG path 20 units high, thick where the scenario's own part runs."""

    card: Card
    outline: str
    title: str


@dataclass(frozen=True)
class Lane:
    """What one worker did, and which part of the run's length it was busy."""

    worker: str
    bars: tuple[Bar, ...]
    busy_percent: int


@dataclass(frozen=True)
class Timeline:
    """Lanes, the marks below them, and the scenarios that took longest."""

    lanes: tuple[Lane, ...]
    ticks: tuple[str, ...]
    slowest: tuple[Card, ...]


@dataclass(frozen=True)
class _Span:
    """A card in time, `start` in seconds since the epoch."""

    card: Card
    start: float

    @property
    def end(self) -> float:
        return self.start + self.card.record.duration_s


def timeline_of(cards: Iterable[Card]) -> Timeline | None:
    """Return the timeline of the scenarios whose start is known, or None if there are none."""
    spans = sorted((span for card in cards if (span := _span(card))), key=lambda span: span.start)
    if not spans:
        return None
    begin = spans[0].start
    length = max(span.end for span in spans) - begin or 1.0
    workers = sorted({span.card.record.worker for span in spans}, key=lambda name: (len(name), name))
    lanes = (_lane(worker, spans, begin, length) for worker in workers)
    slowest = sorted((span.card for span in spans), key=lambda card: -card.record.duration_s)
    ticks = (seconds(length * number / _TICKS) for number in range(_TICKS + 1))
    return Timeline(tuple(lanes), tuple(ticks), tuple(slowest[:_SLOWEST]))


def _span(card: Card) -> _Span | None:
    try:
        moment = datetime.fromisoformat(card.record.started_at)
    except ValueError:
        return None
    return _Span(card, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _lane(worker: str, spans: Sequence[_Span], begin: float, length: float) -> Lane:
    own = [span for span in spans if span.card.record.worker == worker]
    scale = WIDTH / length
    busy = sum(span.card.record.duration_s for span in own) / length
    return Lane(worker, tuple(_bar(span, begin, scale) for span in own), round(100 * busy))


def _bar(span: _Span, begin: float, scale: float) -> Bar:
    record = span.card.record
    # Records of scenarios that never finished know no phases.
    parts = [record.phases.get(phase, 0.0) for phase in Phase] if record.phases else [0.0, record.duration_s, 0.0]
    widths = [part * scale for part in parts]
    if sum(widths) < _NARROWEST:
        widths = [0.0, _NARROWEST, 0.0]
    spent = ", ".join(f"{phase} {seconds(part)}" for phase, part in zip(Phase, parts, strict=True))
    title = f"{record.label}: {record.verdict.replace('_', ' ')} in {seconds(record.duration_s)} ({spent})"
    return Bar(span.card, _outline((span.start - begin) * scale, *widths), title)


def _outline(start: float, setup: float, call: float, teardown: float) -> str:
    there = f"M{start:.1f} 7h{setup:.1f}v-5h{call:.1f}v5h{teardown:.1f}"
    back = f"v6h-{teardown:.1f}v5h-{call:.1f}v-5h-{setup:.1f}z"
    return there + back
