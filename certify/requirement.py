"""A requirement: one promise of NFS storage for Kubernetes, with a permanent id and its sources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

ID_PATTERN = re.compile(r"NFSK8S-(?P<area>[A-Z][A-Z0-9]*)-(?P<number>[0-9]{3})")
_ATTRIBUTE = "__certify_requirement__"


class Level(StrEnum):
    """How binding a requirement is, in the sense of RFC 2119; informative ones are measured, not demanded."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    INFORMATIVE = "INFORMATIVE"


@dataclass(frozen=True)
class Requirement:
    """One promise: `summary` is a sentence, `description` says what the scenario observes (may be empty).

    `cites` are its sources: a URL, `RFC 8881`, `exports(5)` or `owner/repository#123`.
    Raises ValueError for a malformed id or when summary or citations are missing.
    """

    id: str
    level: Level
    features: frozenset[str]
    cites: tuple[str, ...]
    since: str
    summary: str
    description: str = ""

    def __post_init__(self) -> None:
        if not ID_PATTERN.fullmatch(self.id):
            raise ValueError(f"requirement id {self.id!r} is malformed: write it as NFSK8S-<AREA>-<NNN>")
        if not self.cites or not all(cite.strip() for cite in self.cites):
            raise ValueError(f"{self.id} cites nothing: name the standard, manual page or issue it rests on")
        if not self.summary:
            raise ValueError(f"{self.id} has no docstring: say the requirement in one sentence")

    @property
    def area(self) -> str:
        """Return the middle part of the id, for example SQUASH."""
        return area_of(self.id)


def area_of(requirement_id: str) -> str:
    """Return the area that a well-formed requirement id belongs to."""
    return requirement_id.split("-")[1]


def attach(function: object, requirement: Requirement) -> None:
    """Store the requirement on the test function that proves it."""
    setattr(function, _ATTRIBUTE, requirement)


def requirement_of(function: object) -> Requirement | None:
    """Return the requirement that a test function proves, or None if it proves none."""
    found = getattr(function, _ATTRIBUTE, None)
    return found if isinstance(found, Requirement) else None
