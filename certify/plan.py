"""--plan: what would run, how long that took before, and what it needs; nothing is started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from certify.asks import Lack, asked, lacks
from certify.catalogue import Catalogue
from certify.durations import expected, known_durations
from certify.following import minutes
from certify.profile import EVERYTHING, PROFILES, Profile
from certify.requirement import ABILITIES, Requirement, requirement_of
from certify.target import Target


class Planner:
    """Prints the plan instead of running it; `reports` is where earlier runs are."""

    def __init__(self, reports: Path, target: Target) -> None:
        self._reports = reports
        self._target = target

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        items = [(item.nodeid, requirement_of(getattr(item, "function", None))) for item in session.items]
        scenarios = [(nodeid, requirement) for nodeid, requirement in items if requirement]
        if isinstance(reporter, pytest.TerminalReporter):
            for line in plan_lines(scenarios, known_durations(self._reports), self._target):
                reporter.write_line(line)
        return True


def profile_line(profile: Profile, catalogue: Catalogue) -> str:
    """Return what the profile asks, and how many requirements of which areas it leaves to the widest one."""
    left = [entry for entry in catalogue.entries if not entry.planned and not profile.includes(entry.requirement)]
    areas = Counter(entry.requirement.area for entry in left)
    named = ", ".join(f"{area} {count}" for area, count in areas.items())
    others = f"; left to --profile {EVERYTHING}: {len(left)} requirements ({named})" if left else ""
    return f"profile {profile.name}: {profile.summary.rstrip('.')}{others}"


def plan_lines(scenarios: list[tuple[str, Requirement]], seconds: Mapping[str, float], target: Target) -> Iterator[str]:
    """Return the plan: test ids with their requirements, and how long each took before, by test id."""
    for nodeid, requirement in scenarios:
        time = "      ?" if (usual := expected(nodeid, seconds)) is None else f"{usual:5.0f} s"
        needs = "".join(f"  needs {need}" for need in (*requirement.needs, *sorted(requirement.features)))
        yield f"{requirement.id:<22} {requirement.standing:<11} {time}  {nodeid}{needs}{_outlook(requirement, target)}"
        yield f"    {requirement.summary}"
    known = [usual for nodeid, _ in scenarios if (usual := expected(nodeid, seconds)) is not None]
    unknown = len(scenarios) - len(known)
    yield ""
    yield (
        f"{len(scenarios)} scenarios of {len({requirement.id for _, requirement in scenarios})} requirements, "
        f"{minutes(sum(known))} one after the other{f', and {unknown} of unknown length' if unknown else ''}"
    )
    for need in sorted({need for _, requirement in scenarios for need in requirement.needs}):
        yield f"needs {need}: {ABILITIES[need]}"
    if target.server.kind == "external":
        yield from _what_can_be_judged([requirement for _, requirement in scenarios], target)


def _what_can_be_judged(requirements: list[Requirement], target: Target) -> Iterator[str]:
    """Return how many scenarios this server lets be judged, and how many more each further thing would."""
    declared = [requirement for requirement in requirements if requirement.features <= target.features]
    missing = [_missing(lacks(target, asked(each))) for each in declared]
    yield f"can be judged on this server: {missing.count([])} of {len(requirements)} scenarios"
    for what, count in Counter(each[0] for each in missing if len(each) == 1).most_common():
        yield f"{what} would let {count} more be judged"
    if others := sum(len(each) > 1 for each in missing):
        yield f"{others} need more than one of these"
    yield from _for_a_certificate(declared, target)
    if left := len(requirements) - len(declared):
        yield f"{left} are about features that the target does not declare"


def _for_a_certificate(requirements: list[Requirement], target: Target) -> Iterator[str]:
    """Return what a certificate asks for; the hook that exports what it is told to stands for all exports."""
    profile = PROFILES[target.profile]
    if profile.look:
        return
    demanded = [requirement for requirement in requirements if profile.requires(requirement, target.features)]
    found = [lacks(target, asked(each)) for each in demanded]
    missing = [_missing(each) for each in found]
    unsure = Counter(lack.what for each in found if not _missing(each) for lack in each)
    ifs = "".join(f", {count} of these if there is {what}" for what, count in unsure.most_common())
    wanted = sorted({what for each in missing for what in each})
    if "hook export_options" in wanted:
        wanted = [what for what in wanted if not what.startswith("an export")]
    more = f"; for all of them give {', '.join(wanted)}" if wanted else ""
    yield (
        f"a certificate for the profile {target.profile} demands {len(demanded)} of them to pass, "
        f"{missing.count([])} can be judged{ifs}{more}"
    )
    if not target.names_its_product:
        yield "it also names the product: product.name and product.version are empty in the target file"


def _outlook(requirement: Requirement, target: Target) -> str:
    """Return what is to be expected of a scenario on this server; nothing where it can be judged."""
    if undeclared := sorted(requirement.features - target.features):
        return f"  (not supported: {', '.join(undeclared)} not declared)"
    found = lacks(target, asked(requirement))
    if missing := _missing(found):
        return f"  (not judged without {' and '.join(missing)})"
    return f"  (judged if there is {' and '.join(lack.what for lack in found)})" if found else ""


def _missing(found: list[Lack]) -> list[str]:
    return [lack.what for lack in found if not lack.perhaps]
