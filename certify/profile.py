"""Profiles: by which measure a run is judged, from the daily use that everybody needs to everything."""

from __future__ import annotations

from dataclasses import dataclass

from certify.requirement import Level, Requirement

_DAILY = frozenset({"EXPORT", "SQUASH", "MOUNT", "IO", "LOCK", "VOLUME", "RECLAIM"})
# What the article shows of MySQL: it fails, it is fixed, its rows survive, its service is reached.
_FIRST_WORKLOADS = frozenset(f"NFSK8S-WORKLOAD-{number:03}" for number in range(1, 5))
_FAULTS = frozenset({"power-cut", "fault-injection"})


@dataclass(frozen=True)
class Profile:
    """A named set of requirements. `areas` count whole; `faults` adds what needs a world that can be made to fail."""

    name: str
    summary: str
    areas: frozenset[str]
    extra: frozenset[str] = frozenset()
    faults: bool = False

    def includes(self, requirement: Requirement) -> bool:
        """Return whether a run with this profile tries the requirement, whatever its level."""
        if requirement.id in self.extra:
            return True
        needs_faults = bool(_FAULTS & set(requirement.needs))
        if needs_faults:
            return self.faults
        return requirement.area in self.areas

    def requires(self, requirement: Requirement, features: frozenset[str]) -> bool:
        """Return whether a certificate demands that a target with these declared features passes the requirement."""
        return requirement.level is Level.MUST and requirement.features <= features and self.includes(requirement)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            "core",
            "Exports, squashing, mounts, file semantics, locks, volumes and their reclaim, and the article's MySQL.",
            _DAILY,
            _FIRST_WORKLOADS,
        ),
        Profile(
            "database",
            "Core, and databases: moved, killed, restored, and their commits through a power cut of the server.",
            _DAILY | {"WORKLOAD"},
            frozenset({"NFSK8S-EXPORT-007", "NFSK8S-WORKLOAD-009"}),
        ),
        Profile(
            "resilience",
            "Core, and everything that goes wrong: restarts, power cuts, partitions, full and failing disks.",
            _DAILY | {"RECOVERY"},
            _FIRST_WORKLOADS,
            faults=True,
        ),
        Profile(
            "full",
            "Every requirement of every area.",
            _DAILY | {"WORKLOAD", "RECOVERY", "DEEP", "PERF"},
            faults=True,
        ),
    )
}
DEFAULT = "full"
