"""Which evidence stands on the page itself, so that the page stays light."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import escape

from certify.report.cards import Card
from certify.report.wording import fit

# What the page adds around a quoted text, at most.
_FRAME = 200


def quotable(cards: Iterable[Card], room: int) -> frozenset[str]:
    """Return the paths of the evidence that fits into `room` bytes; cards that come first have the first claim."""
    found: set[str] = set()
    for exhibit in (exhibit for card in cards for exhibit in card.record.evidence):
        if exhibit.text is None or exhibit.path in found:
            continue
        cost = len(escape(fit(exhibit.text)).encode("utf-8")) + len(exhibit.path) + _FRAME
        if cost <= room:
            found.add(exhibit.path)
            room -= cost
    return frozenset(found)
