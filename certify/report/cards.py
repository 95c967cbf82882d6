"""The scenarios of a run as the page shows them, those that need attention first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from certify.diagnosis import Diagnosis, known_diagnoses
from certify.record import Record, Run
from certify.verdict import Verdict

_BY_ATTENTION = (
    Verdict.FAILED,
    Verdict.INCONCLUSIVE,
    Verdict.KNOWN,
    Verdict.SKIPPED,
    Verdict.NOT_SUPPORTED,
    Verdict.PASSED,
)
# More open ones than these, and nobody sees what follows.
_OPEN_AT_MOST = 10
_OPEN = frozenset({Verdict.FAILED, Verdict.INCONCLUSIVE})


@dataclass(frozen=True, eq=False)
class Card:
    """One scenario on the page: `anchor` is its place, `diagnoses` what is known about its symptoms."""

    record: Record
    anchor: str
    diagnoses: tuple[Diagnosis, ...]
    opened: bool


class Index:
    """Finds cards by what they speak about."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self._places: dict[tuple[str, str, str], list[Card]] = defaultdict(list)
        self._records: dict[int, Card] = {}
        for card in cards:
            record = card.record
            self._places[record.id, record.version, record.server].append(card)
            self._records[id(record)] = card

    def at(self, requirement_id: str, version: str, server: str) -> tuple[Card, ...]:
        """Return the cards of one requirement on one version; a scenario that no version concerns speaks for all."""
        versions = dict.fromkeys((version, ""))
        return tuple(card for each in versions for card in self._places.get((requirement_id, each, server), ()))

    def of(self, record: Record) -> Card:
        """Return the card of a record of this run."""
        return self._records[id(record)]


def cards_of(run: Run) -> list[Card]:
    """Return the cards by verdict, then by id and variant."""
    records = sorted(run.ordered(), key=lambda record: _BY_ATTENTION.index(record.verdict))
    used: set[str] = set()
    return [
        Card(
            record=record,
            anchor=_unused(record.slug, used),
            diagnoses=tuple(known_diagnoses()[name] for name in record.diagnoses if name in known_diagnoses()),
            opened=number < _OPEN_AT_MOST and record.verdict in _OPEN,
        )
        for number, record in enumerate(records)
    ]


def _unused(slug: str, used: set[str]) -> str:
    """Return the slug, numbered when a repeated run has it already, and remember it."""
    name, number = slug, 2
    while name in used:
        name, number = f"{slug}-{number}", number + 1
    used.add(name)
    return name
