"""The matrix: what the run says of each requirement on each NFS version of each server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from certify.assessment import Assessment, Cell
from certify.record import Record, Run
from certify.report.cards import Card, Index
from certify.report.subjects import Subject, Subjects
from certify.requirement import NFS_VERSIONS

_Place = tuple[str, str, str]


@dataclass(frozen=True)
class Column:
    """One NFS version of one server; either is empty where scenarios name none."""

    server: str
    version: str


@dataclass(frozen=True)
class Field:
    """One cell: the cards that speak for it, else `word` says why there are none (empty: it does not apply)."""

    cards: tuple[Card, ...]
    word: str


@dataclass(frozen=True)
class Row:
    """One requirement; `planned` says that no scenario exists, `required` that the certificate demands it."""

    subject: Subject
    planned: bool
    required: bool
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Matrix:
    """Columns, and rows by area."""

    columns: tuple[Column, ...]
    areas: tuple[tuple[str, tuple[Row, ...]], ...]


def matrix_of(run: Run, assessment: Assessment, index: Index, subjects: Subjects) -> Matrix:
    """Return the matrix of everything that the profile asks for and of everything that ran besides."""
    columns = _columns(run.records, assessment)
    cells = {(cell.id, cell.version, cell.server): cell for cell in assessment.cells}
    ids = {cell.id for cell in assessment.cells} | {record.id for record in run.records}
    rows = [_row(subject, columns, cells, index) for subject in subjects.ordered(ids)]
    areas = groupby(rows, key=lambda row: row.subject.area)
    return Matrix(columns, tuple((area, tuple(group)) for area, group in areas))


def _columns(records: Iterable[Record], assessment: Assessment) -> tuple[Column, ...]:
    """Return the columns, the judged server first; one without a version only for servers that have no other."""
    judged = assessment.target.server.kind
    places = {(cell.server, cell.version) for cell in assessment.cells}
    places |= {(record.server, record.version) for record in records}
    versioned = {server for server, version in places if version}
    wanted = [Column(*place) for place in places if place[1] or place[0] not in versioned]
    return tuple(sorted(wanted, key=lambda each: (each.server != judged, each.server, _rank(each.version))))


def _rank(version: str) -> tuple[int, str]:
    return (NFS_VERSIONS.index(version) if version in NFS_VERSIONS else len(NFS_VERSIONS), version)


def _row(subject: Subject, columns: Iterable[Column], cells: dict[_Place, Cell], index: Index) -> Row:
    places = [(subject.id, column.version, column.server) for column in columns]
    asked = [cells[place] for place in places if place in cells]
    return Row(
        subject=subject,
        planned=any(cell.planned for cell in asked),
        required=any(cell.required for cell in asked),
        fields=tuple(_field(index.at(*place), cells.get(place)) for place in places),
    )


def _field(cards: tuple[Card, ...], cell: Cell | None) -> Field:
    if cards or cell is None:
        return Field(cards, "")
    return Field((), "planned" if cell.planned else "not run")
