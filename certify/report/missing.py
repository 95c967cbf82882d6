"""What a certificate lacks, grouped by the reason for which it lacks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certify.assessment import Assessment, Cell
from certify.report.cards import Card, Index
from certify.report.subjects import Subject, Subjects
from certify.verdict import Verdict

# Longer groups are folded.
_LONG = 8

_TITLES = {
    "FAILED": "Failed",
    "KNOWN": "Known failures",
    "INCONCLUSIVE": "Inconclusive",
    "NOT_SUPPORTED": "Declared, but not supported",
    "SKIPPED": "Skipped",
    "": "Not run",
    "planned": "Planned: no scenario yet",
}


@dataclass(frozen=True)
class Place:
    """An NFS version on which the pass is missing, and the card that shows why, if a scenario ran."""

    version: str
    card: Card | None


@dataclass(frozen=True)
class Item:
    """One requirement of a group."""

    subject: Subject
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Group:
    """Requirements that lack their passes for the same reason; `passes` is how many in all."""

    title: str
    tone: str
    items: tuple[Item, ...]
    passes: int

    @property
    def long(self) -> bool:
        """Return whether the group is better folded."""
        return len(self.items) > _LONG


def missing_groups(assessment: Assessment, index: Index, subjects: Subjects) -> list[Group]:
    """Return the groups that are not empty, what needs work first."""
    missing = assessment.missing
    groups = [(reason, [cell for cell in missing if _reason(cell) == reason]) for reason in _TITLES]
    return [_group(reason, cells, index, subjects) for reason, cells in groups if cells]


def _reason(cell: Cell) -> str:
    if cell.verdict is not None:
        return cell.verdict
    return "planned" if cell.planned else ""


def _group(reason: str, cells: Sequence[Cell], index: Index, subjects: Subjects) -> Group:
    by_id: dict[str, list[Place]] = {}
    for cell in cells:
        by_id.setdefault(cell.id, []).append(Place(cell.version, _witness(cell, index)))
    items = tuple(Item(subjects.get(each), tuple(places)) for each, places in by_id.items())
    tone = reason if reason in set(Verdict) else "nothing"
    return Group(_TITLES[reason], tone.lower(), items, len(cells))


def _witness(cell: Cell, index: Index) -> Card | None:
    """Return the card to which the cell owes its verdict."""
    cards = index.at(cell.id, cell.version, cell.server)
    return next((card for card in cards if card.record.verdict is cell.verdict), None)
