"""Two runs compared, for those who run the suite every night: new failures, what was mended, what became slower."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from certify.record import Record, Run
from certify.speed import slowness_of
from certify.verdict import Verdict, combine

# Below this nobody cares, and the factor is above what the same machine shows from one night to the next.
_SLOWER_BY_S = 5.0
_SLOWER_FACTOR = 1.5

_Key = tuple[str, str, str]


@dataclass(frozen=True)
class Change:
    """One scenario in one variant whose verdict differs; None where the run does not have it."""

    label: str
    before: Verdict | None
    after: Verdict | None
    message: str


@dataclass(frozen=True)
class Slower:
    """One scenario that takes markedly longer; times in seconds, the earlier one as it would be in the newer world."""

    label: str
    before_s: float
    after_s: float


@dataclass(frozen=True)
class Figure:
    """One figure that both runs measured, in its unit; of repeated runs the last."""

    label: str
    name: str
    unit: str
    before: float
    after: float


@dataclass(frozen=True)
class Comparison:
    """What changed from an older run to a newer one.

    `broken`: it passed, or was not there, and now fails or proves nothing. `gone`: it passed and did not run again, or
    was skipped; an NFS version that another speaks for now is not gone. `figures` are shown and never judged.
    `world` is how many times as slow the newer run's world was as the older's, by which durations are compared.
    """

    broken: tuple[Change, ...]
    gone: tuple[Change, ...]
    fixed: tuple[Change, ...]
    added: tuple[Change, ...]
    slower: tuple[Slower, ...]
    still_failing: tuple[Change, ...]
    figures: tuple[Figure, ...]
    world: float

    @property
    def worse(self) -> bool:
        """Return whether something that was proved is not proved any more, or something new fails."""
        return bool(self.broken or self.gone)


def compare(old: Run, new: Run) -> Comparison:
    """Compare two runs, variant by variant; repeated runs of one count together.

    Durations are compared as if the older run's world had been as slow as the newer's, where both were timed.
    """
    before, after = _by_variant(old), _by_variant(new)
    speaking_for_all = {(record.id, record.server) for record in new.records if not record.version}
    keys = [key for key in sorted({*before, *after}) if key in after or (key[0], key[2]) not in speaking_for_all]
    world = _slower_world(old, new)
    changes = [_change(before.get(key, []), after.get(key, [])) for key in keys]
    return Comparison(
        broken=tuple(c for c in changes if _unproved(c.after) and c.before in (None, Verdict.PASSED)),
        gone=tuple(c for c in changes if c.after in (None, Verdict.SKIPPED) and c.before is Verdict.PASSED),
        fixed=tuple(c for c in changes if c.after is Verdict.PASSED and c.before not in (None, Verdict.PASSED)),
        added=tuple(c for c in changes if c.before is None and c.after is not None and not _unproved(c.after)),
        slower=tuple(
            times
            for key in sorted({*before} & {*after})
            if _is_slower(times := _slower(before[key], after[key], world))
        ),
        still_failing=tuple(c for c in changes if _unproved(c.after) and c.before not in (None, Verdict.PASSED)),
        figures=tuple(figure for key in sorted({*before} & {*after}) for figure in _figures(before[key], after[key])),
        world=world,
    )


def _by_variant(run: Run) -> dict[_Key, list[Record]]:
    found: dict[_Key, list[Record]] = {}
    for record in run.ordered():
        found.setdefault((record.id, record.variant, record.server), []).append(record)
    return found


def _change(before: list[Record], after: list[Record]) -> Change:
    verdict = combine(record.verdict for record in after)
    speaking = [record for record in after if record.verdict is verdict]
    return Change(
        label=(after or before)[0].label,
        before=combine(record.verdict for record in before),
        after=verdict,
        message=speaking[0].headline if speaking else "",
    )


def _unproved(verdict: Verdict | None) -> bool:
    return verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE)


def _figures(before: list[Record], after: list[Record]) -> Iterator[Figure]:
    earlier, later = _measured(before), _measured(after)
    for name, unit in later:
        if (name, unit) in earlier:
            yield Figure(after[0].label, name, unit, earlier[name, unit], later[name, unit])


def _measured(records: list[Record]) -> dict[tuple[str, str], float]:
    return {(each.name, each.unit): each.value for record in records for each in record.measurements}


def _slower_world(old: Run, new: Run) -> float:
    before, after = slowness_of(old.facts), slowness_of(new.facts)
    return after / before if before and after else 1.0


def _is_slower(times: Slower) -> bool:
    longer = times.after_s - times.before_s
    return longer >= _SLOWER_BY_S and times.after_s >= _SLOWER_FACTOR * times.before_s


def _slower(before: list[Record], after: list[Record], world: float) -> Slower:
    return Slower(after[0].label, round(world * _least(before), 3), _least(after))


def _least(records: list[Record]) -> float:
    return min(record.duration_s for record in records)
