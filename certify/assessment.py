"""What a run proves of a profile: certified, or what is missing for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from certify.catalogue import Catalogue
from certify.profile import PROFILES
from certify.record import Run
from certify.requirement import Requirement
from certify.target import Target, from_values
from certify.verdict import Verdict, combine


@dataclass(frozen=True)
class Cell:
    """What a run says of one requirement on one NFS version of one server.

    `verdict` is None when nothing ran; `required` says that a certificate demands PASSED here.
    """

    id: str
    version: str
    server: str
    required: bool
    planned: bool
    verdict: Verdict | None

    @property
    def missing(self) -> bool:
        """Return whether a certificate lacks this."""
        return self.required and self.verdict is not Verdict.PASSED

    @property
    def why(self) -> str:
        """Return in a few words what stands between the target and a pass."""
        if self.verdict is not None:
            return str(self.verdict)
        return "planned: no scenario yet" if self.planned else "not run"


@dataclass(frozen=True)
class Assessment:
    """A run against the profile of its target. `objections` are why it cannot certify whatever its verdicts are.

    A `look` tries too little for a certificate by design, which is no objection to the run.
    """

    target: Target
    profile: str
    cells: tuple[Cell, ...]
    objections: tuple[str, ...]
    look: bool = False

    @property
    def missing(self) -> tuple[Cell, ...]:
        """Return what a certificate lacks."""
        return tuple(cell for cell in self.cells if cell.missing)

    @property
    def required(self) -> int:
        """Return how many passes a certificate demands."""
        return sum(cell.required for cell in self.cells)

    @property
    def certified(self) -> bool:
        """Return whether the run is whole and every required requirement passed on every declared version."""
        return self.required > 0 and not self.missing and not self.refusals

    @property
    def refusals(self) -> tuple[str, ...]:
        """Return why a certificate is refused even to a run that has passed everything."""
        if not self.look:
            return self.objections
        return (*self.objections, f"The profile {self.profile} is a look and no certificate: run a wider one.")


def assess(run: Run, catalogue: Catalogue) -> Assessment:
    """Judge a run by the profile and target that its frame names. Raises TargetError if they make no sense."""
    target = from_values(dict(run.info.target))
    profile = PROFILES[run.info.profile or target.profile]
    seen: dict[tuple[str, str, str], list[Verdict]] = defaultdict(list)
    for record in run.records:
        seen[record.id, record.version, record.server].append(record.verdict)
    server = target.server.kind
    declared = _looked_at(run, target) if profile.look else target.nfs.versions
    cells = []
    for entry in catalogue.entries:
        requirement = entry.requirement
        if not profile.includes(requirement):
            continue
        required = profile.requires(requirement, target.features)
        for version in _versions(requirement, declared):
            # A scenario that no version concerns speaks for all of them.
            verdicts = seen[requirement.id, version, server] + seen[requirement.id, "", server]
            cells.append(Cell(requirement.id, version, server, required, entry.planned, combine(verdicts)))
    return Assessment(target, profile.name, tuple(cells), tuple(_objections(run, catalogue, target)), profile.look)


def _looked_at(run: Run, target: Target) -> list[str]:
    """The versions that a look was asked for, or the one that it takes by itself."""
    return sorted({record.version for record in run.records if record.version}) or target.nfs.versions[-1:]


def _versions(requirement: Requirement, declared: list[str]) -> list[str]:
    return [version for version in declared if not requirement.versions or version in requirement.versions]


def _objections(run: Run, catalogue: Catalogue, target: Target) -> list[str]:
    found = list(run.problems)
    if not target.names_its_product:
        found.append("The target file does not say which product this is: name product.name and product.version.")
    if left_out := len(run.info.deselected):
        found.append(f"The operator left out {left_out} scenario{'s' if left_out > 1 else ''}.")
    if run.info.selected > (finished := len({record.nodeid for record in run.records})):
        found.append(f"{run.info.selected} scenarios were to run, {finished} have a verdict.")
    known = {entry.requirement.id for entry in catalogue.entries}
    if strangers := sorted({record.id for record in run.records} - known):
        found.append(f"The catalogue knows nothing of {', '.join(strangers)}.")
    return found
