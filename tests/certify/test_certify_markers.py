"""Markers by which scenarios are selected."""

from dataclasses import replace

from certify.catalogue import published
from certify.markers import described, markers
from certify.requirement import Requirement

ENTRIES = {entry.requirement.id.removeprefix("NFSK8S-"): entry.requirement for entry in published().entries}


def _markers(requirement: Requirement, seconds: float = 1) -> set[str]:
    return set(markers(requirement, seconds))


def test_a_scenario_is_found_by_area_level_profile_and_what_it_does() -> None:
    assert _markers(ENTRIES["SQUASH-001"]) == {"squash", "must", "core", "database", "resilience", "full", "quick"}
    assert _markers(ENTRIES["RECOVERY-014"]) == {"recovery", "must", "resilience", "full", "disruptive"}
    assert "slow" in _markers(ENTRIES["SQUASH-001"], seconds=60)
    assert "disruptive" in _markers(replace(ENTRIES["SQUASH-001"], needs=("power-cut",)))


def test_every_marker_is_described_for_pytest() -> None:
    known = {line.partition(":")[0] for line in described()}
    assert {name for requirement in ENTRIES.values() for name in _markers(requirement, 60)} <= known
    assert "exclusive_server" in known
