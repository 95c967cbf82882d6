"""The pytest plugin of markers by which scenarios are selected, made of their requirements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from certify.catalogue import published
from certify.durations import shipped_durations
from certify.profile import FAULTS, PROFILES
from certify.requirement import Level, Requirement, requirement_of

_SLOW = 30  # seconds


def markers(requirement: Requirement, seconds: float) -> Iterator[str]:
    """Yield the names of a scenario's markers; `seconds` is how long it takes, 0 where nobody knows."""
    yield requirement.area.lower()
    yield requirement.level.lower()
    yield from (name for name, profile in PROFILES.items() if profile.includes(requirement))
    if FAULTS & set(requirement.needs):
        yield "disruptive"
    if seconds > _SLOW:
        yield "slow"


def described() -> Iterator[str]:
    """Yield a line for each marker, as `pytest --markers` shows it."""
    for area in sorted({entry.requirement.area for entry in published().entries}):
        yield f"{area.lower()}: requirements of the area {area}"
    for level in Level:
        yield f"{level.lower()}: requirements of the level {level}"
    for profile in PROFILES.values():
        yield f"{profile.name}: what the profile tries. {profile.summary}"
    yield "disruptive: faults are injected or power is cut"
    yield f"slow: takes more than {_SLOW} s on the machine where durations were measured"
    yield "exclusive_server: no other scenario uses the server meanwhile; for those that restart or disturb it"


def pytest_configure(config: pytest.Config) -> None:
    for line in described():
        config.addinivalue_line("markers", line)


def pytest_itemcollected(item: pytest.Item) -> None:
    if requirement := requirement_of(getattr(item, "function", None)):
        for name in markers(requirement, shipped_durations().get(item.nodeid, 0)):
            item.add_marker(name)
