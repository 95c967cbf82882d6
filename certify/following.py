"""What to run after a run: the next wider profile, as a command, and about how long it takes on this machine."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from certify.catalogue import Catalogue
from certify.continuation import RERUN, RESUME, to_try_again
from certify.durations import pace
from certify.profile import PROFILES, Profile
from certify.record import Run
from certify.target import from_values

_TEST_ID = re.compile(r"(?P<file>[^:]+)(?P<function>::[^\[]+)(\[nfs(?P<version>[0-9.]+)\])?")


def following(run: Run, catalogue: Catalogue, seconds: Mapping[str, float]) -> str | None:
    """Return the line that says what to run next, None after the widest profile; `seconds` by test id.

    An interrupted run is to go on, one with failures is to be mended and these tried again, before anything wider.
    """
    if run.info.interrupted:
        return f"go on:       {_command(run, RESUME, run.info.name)}"
    if to_try_again(run):
        again = f"once mended: {_command(run, RERUN, run.info.name)}"
        # There the worst of all attempts counts, and the target must be the same.
        look = not run.info.profile or PROFILES[run.info.profile].look
        return again if look else f"{again}\n{' ' * 13}and for a certificate the whole run anew"
    wider = PROFILES[run.info.profile].wider if run.info.profile else ""
    if not wider or not run.passed:
        return None
    profile = PROFILES[wider]
    line = f"next:        {_command(run, '--profile', wider)}"
    measured = {record.nodeid: record.duration_s for record in run.records}
    if (rate := pace(measured, seconds)) is None:
        return line
    workers = len({record.worker for record in run.records})
    versions = from_values(dict(run.info.target)).nfs.versions
    work = rate * sum(_expected(catalogue, profile, versions, seconds)) / workers
    return f"{line}  (about {minutes(work)} here)"


def minutes(seconds: float) -> str:
    """Return a rough length of time for people.

    >>> minutes(40), minutes(61), minutes(7200)
    ('40 s', '2 min', '120 min')
    """
    return f"{seconds:.0f} s" if seconds < 60 else f"{-(-seconds // 60):.0f} min"


def _expected(
    catalogue: Catalogue, profile: Profile, versions: list[str], seconds: Mapping[str, float]
) -> Iterator[float]:
    """The time of each scenario of the profile; a version that was never timed takes as long as another."""
    included = {entry.test: entry.requirement for entry in catalogue.entries if profile.includes(entry.requirement)}
    timed: dict[str, dict[str, float]] = {}
    for nodeid, duration in seconds.items():
        found = _TEST_ID.fullmatch(nodeid)
        if found and found["file"] in included:
            timed.setdefault(found["file"], {})[found["version"] or ""] = duration
    for file, by_version in timed.items():
        requirement = included[file]
        asked = [version for version in versions if not requirement.versions or version in requirement.versions]
        if not requirement.each_version or "" in by_version:
            asked = asked[-1:]
        yield from (by_version.get(version, max(by_version.values())) for version in asked)


def _command(run: Run, option: str, value: str) -> str:
    """The same command with the option at this value, by the interpreter that ran this one."""
    words, kept = iter(run.info.command), []
    for word in words:
        if word == option:
            next(words, None)
        elif not word.startswith(f"{option}="):
            kept.append(word)
    return shlex.join([_interpreter(), "-m", "pytest", *kept, option, value])


def _interpreter() -> str:
    """By the path that is shortest from here."""
    here, interpreter = Path.cwd(), Path(sys.executable)
    return str(interpreter.relative_to(here) if interpreter.is_relative_to(here) else interpreter)
