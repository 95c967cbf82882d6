"""--plan: what would run, how long that took before, and what it needs; nothing is started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from certify.catalogue import Catalogue
from certify.durations import known_durations
from certify.following import minutes
from certify.profile import EVERYTHING, Profile
from certify.requirement import ABILITIES, Requirement, requirement_of


class Planner:
    """Prints the plan instead of running it; `reports` is where earlier runs are."""

    def __init__(self, reports: Path) -> None:
        self._reports = reports

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        items = [(item.nodeid, requirement_of(getattr(item, "function", None))) for item in session.items]
        scenarios = [(nodeid, requirement) for nodeid, requirement in items if requirement]
        if isinstance(reporter, pytest.TerminalReporter):
            for line in plan_lines(scenarios, known_durations(self._reports)):
                reporter.write_line(line)
        return True


def profile_line(profile: Profile, catalogue: Catalogue) -> str:
    """Return what the profile asks, and how many requirements of which areas it leaves to the widest one."""
    left = [entry for entry in catalogue.entries if not entry.planned and not profile.includes(entry.requirement)]
    areas = Counter(entry.requirement.area for entry in left)
    named = ", ".join(f"{area} {count}" for area, count in areas.items())
    others = f"; left to --profile {EVERYTHING}: {len(left)} requirements ({named})" if left else ""
    return f"profile {profile.name}: {profile.summary.rstrip('.')}{others}"


def plan_lines(scenarios: list[tuple[str, Requirement]], seconds: Mapping[str, float]) -> Iterator[str]:
    """Return the plan: test ids with their requirements, and how long each took before, by test id."""
    for nodeid, requirement in scenarios:
        time = f"{seconds[nodeid]:5.0f} s" if nodeid in seconds else "      ?"
        needs = "".join(f"  needs {need}" for need in (*requirement.needs, *sorted(requirement.features)))
        yield f"{requirement.id:<22} {requirement.level:<11} {time}  {nodeid}{needs}"
        yield f"    {requirement.summary}"
    known = [seconds[nodeid] for nodeid, _ in scenarios if nodeid in seconds]
    unknown = len(scenarios) - len(known)
    yield ""
    yield (
        f"{len(scenarios)} scenarios of {len({requirement.id for _, requirement in scenarios})} requirements, "
        f"{minutes(sum(known))} one after the other{f', and {unknown} of unknown length' if unknown else ''}"
    )
    for need in sorted({need for _, requirement in scenarios for need in requirement.needs}):
        yield f"needs {need}: {ABILITIES[need]}"
