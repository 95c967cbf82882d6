"""A run that goes on: --resume tries what has no verdict yet, --rerun-failed once more what did not pass."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from certify.errors import TargetError
from certify.folder import RunFolder
from certify.record import INTERRUPTED, Record, Run, RunInfo
from certify.verdict import Verdict

RESUME, RERUN = "--resume", "--rerun-failed"
_TO_TRY_AGAIN = frozenset({Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.SKIPPED})
_SHOWN = 3


@dataclass(frozen=True)
class Wish:
    """Which scenarios a process of this run takes, by test id: `wanted` of the `planned` ones, and which try it is."""

    planned: frozenset[str]
    wanted: frozenset[str]
    tries: Mapping[str, int] = field(default_factory=dict)

    def to_values(self) -> dict[str, Any]:
        """Return it as JSON values, for a parallel worker."""
        return {"planned": sorted(self.planned), "wanted": sorted(self.wanted), "tries": dict(self.tries)}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Wish:
        """Read it back."""
        return cls(frozenset(values["planned"]), frozenset(values["wanted"]), values["tries"])


@dataclass(frozen=True)
class Continuation:
    """An earlier run that this one goes on with, in the same folder; `kept` are its records that stay."""

    folder: RunFolder
    earlier: Run
    kept: tuple[Record, ...]
    wish: Wish
    how: str

    def missing(self, collected: frozenset[str]) -> str | None:
        """Return what speaks against the run when something that it is to try was not collected."""
        if not (absent := self.wish.wanted - collected):
            return None
        command = shlex.join(["pytest", *self.earlier.info.command])
        return (
            f"{len(absent)} scenarios of {self.folder.name} were not found again, such as {min(absent)}: "
            f"repeat the options of `{command}`."
        )


def find(reports: Path, here: Path, name: str) -> RunFolder:
    """Return the folder of a run that was named by its path from `here` or by its name below `reports`."""
    for path in (here / name, reports / name):
        if (path / "environment.json").exists():
            return RunFolder(path.resolve())
    runs = sorted((file.parent.name for file in reports.glob("*Z-*/environment.json")), reverse=True)[:_SHOWN]
    newest = f": the newest are {', '.join(runs)}" if runs else ", and there is none yet"
    raise TargetError(f"there is no run {name} in {reports}{newest}")


def resume(folder: RunFolder) -> Continuation:
    """Return what has no verdict yet. Raises TargetError when nothing is left to be tried."""
    earlier, planned = _read(folder)
    kept = tuple(record for record in earlier.records if record.outcomes)
    wanted = planned - {record.nodeid for record in kept}
    if not wanted:
        raise TargetError(f"{RESUME} {folder.name}: all of its scenarios have a verdict")
    return Continuation(folder, earlier, kept, Wish(planned, wanted), RESUME)


def rerun_failed(folder: RunFolder) -> Continuation:
    """Return what did not pass. Raises TargetError when everything did, or when the run never ended."""
    earlier, planned = _read(folder)
    if not earlier.info.finished_at:
        raise TargetError(f"{RERUN} {folder.name}: it was killed before it ended; first go on with it: {RESUME}")
    wanted = to_try_again(earlier)
    if not wanted:
        raise TargetError(f"{RERUN} {folder.name}: nothing in it failed")
    tries = Counter(record.nodeid for record in earlier.records if record.nodeid in wanted)
    again = {nodeid: count + 1 for nodeid, count in tries.items()}
    return Continuation(folder, earlier, earlier.records, Wish(planned, wanted, again), RERUN)


def to_try_again(run: Run) -> frozenset[str]:
    """Return the test ids of what did not pass, and of what never came to an end."""
    return frozenset(record.nodeid for record in run.records if record.verdict in _TO_TRY_AGAIN)


def refuse_another(told: Continuation, now: RunInfo) -> None:
    """Raise TargetError when the earlier run judged something else, by another measure or with another suite."""
    before = told.earlier.info
    for what, old, new in (
        ("the profile", before.profile, now.profile),
        ("the target", dict(before.target), dict(now.target)),
        ("the suite", dict(before.suite), dict(now.suite)),
    ):
        if old != new:
            raise TargetError(f"{told.how} {told.folder.name}: {what} was {_short(old, new)}; start a run of its own")


def frame_of(told: Continuation, now: RunInfo) -> RunInfo:
    """Return the frame of the run that goes on: the earlier one's, with a note of how."""
    before = told.earlier.info
    resumed = told.how == RESUME
    problems = tuple(text for text in before.problems if not (resumed and text == INTERRUPTED))
    return replace(
        before,
        finished_at="",
        interrupted=before.interrupted and not resumed,
        problems=problems,
        continued=(*before.continued, f"{now.started_at}: pytest {shlex.join(now.command)}"),
    )


def _read(folder: RunFolder) -> tuple[Run, frozenset[str]]:
    try:
        return folder.load(), frozenset(folder.planned())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TargetError(f"{folder.path} cannot be gone on with, was it made by another version? {error}") from error


def _short(old: object, new: object) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        differ = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        return "; ".join(f"{key} {old.get(key)!r}, now {new.get(key)!r}" for key in differ)
    return f"{old!r}, now {new!r}"
