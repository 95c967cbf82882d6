"""Profiles: by which measure a run is judged, from a first look over what everybody needs to everything."""

from __future__ import annotations

from dataclasses import dataclass

from certify.requirement import Level, Requirement

_DAILY = frozenset({"EXPORT", "SQUASH", "MOUNT", "IO", "LOCK", "VOLUME", "RECLAIM", "DYNAMIC"})
# What the article shows of MySQL: it fails, it is fixed, its rows survive, its service is reached.
_FIRST_WORKLOADS = frozenset(f"NFSK8S-WORKLOAD-{number:03}" for number in range(1, 5))
FAULTS = frozenset({"power-cut", "fault-injection"})


@dataclass(frozen=True)
class Profile:
    """A named set of requirements. `areas` count whole; `faults` adds what needs a world that can be made to fail.

    `since` adds what that release of the suite began with. A profile that is a `look` is tried on the last declared NFS
    version alone and certifies nothing. `wider` names the profile to run when this one has passed; "" for the last.
    """

    name: str
    summary: str
    wider: str
    areas: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()
    since: str = ""
    faults: bool = False
    look: bool = False

    def includes(self, requirement: Requirement) -> bool:
        """Return whether a run with this profile tries the requirement, whatever its level."""
        if requirement.id in self.extra or (self.since and requirement.since == self.since):
            return True
        needs_faults = bool(FAULTS & set(requirement.needs))
        if needs_faults:
            return self.faults
        return requirement.area in self.areas

    def requires(self, requirement: Requirement, features: frozenset[str]) -> bool:
        """Return whether a certificate demands that a target with these declared features passes the requirement."""
        binding = requirement.level is Level.MUST and not requirement.provisional
        return binding and requirement.features <= features and self.includes(requirement)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            "quick",
            "A look: what the suite began with, from a mount to MySQL whose rows survive, on one NFS version.",
            "core",
            since="0.1",
            look=True,
        ),
        Profile(
            "core",
            "Exports, squashing, mounts, file semantics, locks, volumes and their reclaim, and the article's MySQL.",
            "full",
            _DAILY,
            _FIRST_WORKLOADS,
        ),
        Profile(
            "database",
            "Core, and databases: moved, killed, restored, lost with their node, through a power cut of the server.",
            "full",
            _DAILY | {"WORKLOAD"},
            frozenset({"NFSK8S-EXPORT-007", "NFSK8S-WORKLOAD-009", "NFSK8S-WORKLOAD-014"}),
        ),
        Profile(
            "resilience",
            "Core, and everything that goes wrong: restarts, power cuts, partitions, full and failing disks.",
            "full",
            _DAILY | {"RECOVERY"},
            _FIRST_WORKLOADS,
            faults=True,
        ),
        Profile(
            "full",
            "Every requirement of every area.",
            "",
            _DAILY | {"WORKLOAD", "RECOVERY", "DEEP", "PERF"},
            faults=True,
        ),
    )
}
DEFAULT = "core"
EVERYTHING = "full"
