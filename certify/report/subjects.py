"""What the requirements of a page are about, whether a scenario ran for them or not."""

from __future__ import annotations

from dataclasses import dataclass

from certify.catalogue import Catalogue
from certify.record import Run
from certify.requirement import area_of


@dataclass(frozen=True)
class Subject:
    """One requirement in the words of its record or of the catalogue."""

    id: str
    level: str
    summary: str

    @property
    def area(self) -> str:
        """Return the area of the requirement."""
        return area_of(self.id)


class Subjects:
    """All requirements that the page may speak of, in the order of the catalogue; strangers to it come last."""

    def __init__(self, run: Run, catalogue: Catalogue) -> None:
        listed = [entry.requirement for entry in catalogue.entries]
        self._known = {each.id: Subject(each.id, each.level, each.summary) for each in listed}
        # What ran may be older than the catalogue: its own words are the true ones.
        self._known.update({each.id: Subject(each.id, each.level, each.summary) for each in run.ordered()})

    def get(self, requirement_id: str) -> Subject:
        """Return the subject of that id, with no more than its id if nothing is known about it."""
        return self._known.get(requirement_id, Subject(requirement_id, "", ""))

    def ordered(self, ids: set[str]) -> list[Subject]:
        """Return the subjects of these ids."""
        known = [subject for subject in self._known.values() if subject.id in ids]
        return known + [self.get(each) for each in sorted(ids - set(self._known))]
