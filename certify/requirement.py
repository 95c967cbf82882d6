"""A requirement: one promise of NFS storage for Kubernetes, with a permanent id and its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from certify.version import SUITE_VERSION

NFS_VERSIONS = ("3", "4.0", "4.1", "4.2")
# What judging a requirement may need of the world; an engine that lacks it makes the verdict INCONCLUSIVE.
ABILITIES = {
    "power-cut": "server and clients on kernels of their own, and a storage side whose power can be cut",
    "two-nodes": "pods on two nodes",
    "fault-injection": "networks and disks that can be made to fail",
    "second-server": "a second NFS server",
}
# What the suite only does in a cluster that it did not make where the target file says so: it disturbs others there, if
# only for a moment, or asks for trust.
MAY = ("privileged-pods", "cordon", "default-class", "default-namespace")
# What judging asks of a server that the suite did not start, besides an export that can be written: a hook of the
# target file by its name, a small export (`limit`, `quota`), an export option, or no NAT before it (`addresses`). And
# of a cluster that it did not make: one of MAY, nodes that can be reached into, clients that share no node's network.
OWN_SERVER = "own-server"
OWN_NODES, OWN_CLIENTS = "own-nodes", "own-clients"
ADDRESSES = "addresses"
ASKS = (
    *("export_options", "restart", "kill", "versions", "disk", "shell", "limit", "quota", OWN_SERVER, ADDRESSES),
    *("root_squash", "no_root_squash", "all_squash", "ro", "insecure"),
    *(*MAY, OWN_NODES, OWN_CLIENTS),
)
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

    `cites` are its sources: a URL, `RFC 8881`, `exports(5)` or `owner/repository#123`. `features` are the optional
    ones that a target must declare for it, `versions` the NFS versions it makes sense on (none: all), `needs` the
    abilities of the world without which it cannot be judged, `asks` what an external server or cluster must give. Where
    the protocol does not matter, `each_version` is false: one version speaks for all.
    Raises ValueError for a malformed id, unknown version or ability, or when summary or citations are missing.
    """

    id: str
    level: Level
    features: frozenset[str]
    cites: tuple[str, ...]
    since: str
    summary: str
    description: str = ""
    versions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    each_version: bool = True

    def __post_init__(self) -> None:
        if not ID_PATTERN.fullmatch(self.id):
            raise ValueError(f"requirement id {self.id!r} is malformed: write it as NFSK8S-<AREA>-<NNN>")
        if not self.cites or not all(cite.strip() for cite in self.cites):
            raise ValueError(f"{self.id} cites nothing: name the standard, manual page or issue it rests on")
        if not self.summary:
            raise ValueError(f"{self.id} has no docstring: say the requirement in one sentence")
        vocabularies: tuple[tuple[str, tuple[str, ...], Iterable[str]], ...] = (
            ("version", self.versions, NFS_VERSIONS),
            ("ability", self.needs, ABILITIES),
            ("thing to ask", self.asks, ASKS),
        )
        for word, words, known in vocabularies:
            if unknown := sorted(set(words) - set(known)):
                raise ValueError(f"{self.id} names an unknown {word} {unknown[0]!r}: use {', '.join(known)}")

    @property
    def area(self) -> str:
        """Return the middle part of the id, for example SQUASH."""
        return area_of(self.id)

    @property
    def provisional(self) -> bool:
        """Return whether it comes with a later minor version than this: it is tried and shown, and not demanded."""
        return bool(self.since) and _minor(self.since) > _minor(SUITE_VERSION)

    @property
    def standing(self) -> str:
        """Return its level for readers, with what keeps it from being demanded yet."""
        return f"{self.level}, provisional until {self.since}" if self.provisional else str(self.level)


def _minor(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")[:2]))


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
