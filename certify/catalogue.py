"""The catalogue: every requirement, whether a scenario proves it already or it is still planned.

What scenarios declare and what `planned.toml` lists become docs/requirements.json, the form in which everything else
reads the catalogue: judging needs all requirements, also those whose scenarios a run did not load.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from certify.requirement import Level, Requirement

HERE = Path(__file__).parent
PUBLISHED = HERE.parent / "docs" / "requirements.json"
_AREAS = (
    "EXPORT",
    "SQUASH",
    "MOUNT",
    "IO",
    "LOCK",
    "VOLUME",
    "RECLAIM",
    "DYNAMIC",
    "WORKLOAD",
    "RECOVERY",
    "DEEP",
    "PERF",
)


@dataclass(frozen=True)
class Entry:
    """A requirement and the test file that proves it, relative to the repository; empty while it is planned."""

    requirement: Requirement
    test: str = ""

    @property
    def planned(self) -> bool:
        """Return whether no scenario proves it yet."""
        return not self.test


@dataclass(frozen=True)
class Catalogue:
    """All requirements in the order of their areas and numbers, and the optional features they may belong to."""

    entries: tuple[Entry, ...]
    features: Mapping[str, str]

    def get(self, requirement_id: str) -> Entry | None:
        """Return the entry of that id, or None."""
        return next((entry for entry in self.entries if entry.requirement.id == requirement_id), None)

    def to_json(self) -> str:
        """Return the published form."""
        content = {
            "features": dict(self.features),
            "requirements": [_as_json(entry) for entry in self.entries],
        }
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Catalogue:
        """Read the published form back."""
        content = json.loads(text)
        entries = tuple(Entry(_from_values(values), values["test"]) for values in content["requirements"])
        return cls(entries, content["features"])


def build(
    scenarios: Mapping[str, Requirement], planned: Iterable[Requirement], features: Mapping[str, str]
) -> Catalogue:
    """Return the catalogue of the scenarios (by test file) and of what is planned.

    Raises ValueError for an id that is there twice, an unknown area or an unknown feature.
    """
    entries = [Entry(requirement, test) for test, requirement in scenarios.items()]
    entries += [Entry(requirement) for requirement in planned]
    seen: dict[str, Entry] = {}
    for entry in entries:
        requirement = entry.requirement
        if twin := seen.get(requirement.id):
            places = " and ".join(place.test or "the planned ones" for place in (twin, entry))
            raise ValueError(
                f"{requirement.id} is declared twice, by {places}: an id leaves planned.toml with its scenario"
            )
        if requirement.area not in _AREAS:
            raise ValueError(f"{requirement.id} is of no known area: use one of {', '.join(_AREAS)}")
        refuse_unknown_features(requirement, features)
        seen[requirement.id] = entry
    ordered = sorted(entries, key=lambda entry: (_AREAS.index(entry.requirement.area), entry.requirement.id))
    return Catalogue(tuple(ordered), features)


def refuse_unknown_features(requirement: Requirement, features: Mapping[str, str]) -> None:
    """Raise ValueError for a requirement of a feature that the vocabulary lacks."""
    if unknown := sorted(requirement.features - set(features)):
        known = ", ".join(sorted(features))
        raise ValueError(f"{requirement.id} is about an unknown feature {unknown[0]!r}: use one of {known}")


def read_planned(text: str) -> list[Requirement]:
    """Read planned.toml."""
    return [_from_values({"since": "", **values}) for values in tomllib.loads(text).get("requirement", [])]


def read_features(text: str) -> dict[str, str]:
    """Read features.toml: name against what a target promises by declaring it."""
    return {name: str(values["summary"]) for name, values in tomllib.loads(text)["feature"].items()}


@cache
def known_features() -> dict[str, str]:
    """Return the vocabulary of optional features."""
    return read_features((HERE / "features.toml").read_text("utf-8"))


@cache
def published() -> Catalogue:
    """Return the catalogue of this checkout, as docs/requirements.json has it."""
    return Catalogue.from_json(PUBLISHED.read_text("utf-8"))


def _as_json(entry: Entry) -> dict[str, Any]:
    requirement = entry.requirement
    return {
        "id": requirement.id,
        "level": requirement.level,
        "status": "planned" if entry.planned else "implemented",
        "summary": requirement.summary,
        "description": requirement.description,
        "cites": list(requirement.cites),
        "features": sorted(requirement.features),
        "versions": list(requirement.versions),
        "needs": list(requirement.needs),
        "asks": list(requirement.asks),
        "each_version": requirement.each_version,
        "since": requirement.since,
        "test": entry.test,
    }


def _from_values(values: Mapping[str, Any]) -> Requirement:
    return Requirement(
        id=values["id"],
        level=Level(values["level"]),
        features=frozenset(values.get("features", ())),
        cites=tuple(values["cites"]),
        since=values["since"],
        summary=values["summary"],
        description=values.get("description", ""),
        versions=tuple(values.get("versions", ())),
        needs=tuple(values.get("needs", ())),
        asks=tuple(values.get("asks", ())),
        each_version=values.get("each_version", True),
    )
