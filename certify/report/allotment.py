"""What stands on the page itself and what stays in the run's files, so that the page stays light."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import escape

from certify.record import Exhibit, Record
from certify.report.cards import Card
from certify.report.wording import fit
from certify.verdict import Verdict

# Bytes of markup, at most: around a quoted text, around the tables of checks and steps, around one of their rows;
# less what stands there otherwise, a link or a line.
_QUOTE = 60
_TABLES = 270
_ROW = 70


@dataclass(frozen=True)
class Allotment:
    """`detailed` are the anchors of cards that show their checks and steps, `quoted` the paths of quoted evidence."""

    detailed: frozenset[str]
    quoted: frozenset[str]


class _Room:
    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> bool:
        """Return whether there was room for that; it is gone then."""
        if size > self._left:
            return False
        self._left -= size
        return True


def least(cards: Iterable[Card]) -> Allotment:
    """Return what is on every page: the checks and steps of all that did not pass."""
    return Allotment(frozenset(card.anchor for card in cards if not _passed(card)), frozenset())


def allot(cards: list[Card], size: int) -> Allotment:
    """Return what else fits into `size` bytes: evidence of what did not pass, how the rest passed, its evidence."""
    room = _Room(size)
    passed = [card for card in cards if _passed(card)]
    quoted = _quoted((card for card in cards if not _passed(card)), room)
    detailed = {card.anchor for card in passed if room.take(_details(card.record))}
    quoted |= _quoted(passed, room)
    return Allotment(least(cards).detailed | detailed, frozenset(quoted))


def _passed(card: Card) -> bool:
    return card.record.verdict is Verdict.PASSED


def _quoted(cards: Iterable[Card], room: _Room) -> set[str]:
    exhibits = (exhibit for card in cards for exhibit in card.record.evidence)
    return {exhibit.path for exhibit in exhibits if exhibit.text is not None and room.take(_quote(exhibit))}


def _quote(exhibit: Exhibit) -> int:
    return _QUOTE + _bytes(exhibit.text or "")


def _details(record: Record) -> int:
    # A value that was expected and seen stands there once.
    checks = sum(_ROW + _bytes(check.what, *{check.expected, check.seen}) for check in record.checks)
    return _TABLES + checks + sum(_ROW + _bytes(step.title) for step in record.steps)


def _bytes(*texts: str) -> int:
    return sum(len(escape(fit(text)).encode("utf-8")) for text in texts)
