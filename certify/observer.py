"""The half of the plugin that watches scenarios, in whichever process runs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from certify import known
from certify.catalogue import known_features, refuse_unknown_features
from certify.continuation import Wish
from certify.errors import NotSupported
from certify.evidence import Evidence
from certify.folder import RunFolder
from certify.known import KnownFailure
from certify.profile import Profile
from certify.record import Facts, Record
from certify.requirement import Requirement, requirement_of
from certify.scenario import Scenario, planned
from certify.target import Target
from certify.verdict import Outcome, Phase, Verdict, leaves, outcome_of

SCENARIO: pytest.StashKey[Scenario] = pytest.StashKey()

# Where a finished scenario travels on its last report, as JSON text: xdist hands over what reports carry.
PAYLOAD = "certify_payload"
# On every report of a scenario.
IS_SCENARIO = "certify_scenario"

# The message names cause and mend; where in the suite it was raised is of no use to who reads the terminal.
_TOLD_BY_ITS_MESSAGE = frozenset({Outcome.ENVIRONMENT, Outcome.DISTURBED})
_TROUBLE = frozenset({Outcome.VIOLATION, Outcome.ENVIRONMENT, Outcome.DISTURBED, Outcome.ERROR})


@dataclass(eq=False)  # pluggy keeps plugins in sets
class Observer:
    """Refuses undeclared scenarios at collection and judges the declared ones when they run."""

    folder: RunFolder
    worker: str
    suites: Path
    facts: Facts
    target: Target
    profile: Profile
    known_failures: tuple[KnownFailure, ...] = ()
    wish: Wish | None = None  # of a run that goes on
    selected: list[str] = field(default_factory=list)
    deselected: list[str] = field(default_factory=list)
    _declared: dict[str, str] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makeitem(self) -> Generator[None, object, object]:
        made = yield
        items = made if isinstance(made, list) else [made]
        for item in items:
            if isinstance(item, pytest.Function):
                self._admit(item)
        return made

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        """Leave out what the profile does not ask for; of what others chose then, a run that goes on takes its part."""
        _keep(config, items, lambda item: (found := _requirement(item)) is None or self.profile.includes(found))
        chosen = yield
        if wish := self.wish:
            _keep(config, items, lambda item: item.nodeid in wish.wanted)
        return chosen

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Note what the operator leaves out; what is outside the profile, or was planned before, is not that."""
        planned = self.wish.planned if self.wish else frozenset()
        chosen = [(item.nodeid, found) for item in items if (found := _requirement(item))]
        self.deselected += [
            nodeid for nodeid, found in chosen if self.profile.includes(found) and nodeid not in planned
        ]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.selected = [item.nodeid for item in session.items if _requirement(item)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Stop before anything is brought up for a feature that the target does not declare."""
        requirement = _requirement(item)
        if requirement and (lacking := sorted(requirement.features - self.target.features)):
            raise NotSupported(f"The target does not declare the feature {', '.join(lacking)}.")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        requirement = _requirement(item)
        if requirement:
            plan = _plan(item, requirement, self.target.server.kind, self.worker)
            plan = replace(plan, attempt=self.wish.tries.get(item.nodeid, 1) if self.wish else 1)
            self.folder.create()
            self.folder.mark_started(plan)
            item.stash[SCENARIO] = Scenario(plan, Evidence(self.folder.path, self.folder.evidence_of(plan)))
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        scenario = item.stash.get(SCENARIO, None)
        if scenario:
            vars(report)[IS_SCENARIO] = True
            self._observe(scenario, call, report)
            if call.when == "teardown":
                self._conclude(scenario, report)
        return report

    def _observe(self, scenario: Scenario, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        outcome, message = _outcome(call.excinfo), _message(call.excinfo)
        if outcome is Outcome.NOT_SUPPORTED:
            outcome, message = self._not_supported(scenario.plan, message)
        scenario.observe(Phase(call.when), outcome, message, call.duration)
        if outcome is Outcome.NOT_SUPPORTED:
            _show_as_skip(report, message)
        if outcome in _TROUBLE:
            scenario.evidence.collect()
            captured = "".join(f"\n--- {title} ---\n{text}" for title, text in report.sections)
            scenario.evidence.attach(f"traceback-{call.when}.txt", report.longreprtext + "\n" + captured)
        if outcome in _TOLD_BY_ITS_MESSAGE:
            report.longrepr = f"{message}\n(traceback-{call.when}.txt in the evidence says where)"
        if outcome is Outcome.VIOLATION and call.when == "call":
            # What was seen broken counts, also when the run is ended before the teardown is.
            self.folder.mark_started(self._record(scenario))
            if entry := self._known(scenario):
                _show_as_skip(report, f"known failure: {entry.reason}")

    def _not_supported(self, plan: Record, message: str) -> tuple[Outcome, str]:
        """Only what the target does not declare may be lacking."""
        if set(plan.features) - self.target.features:
            return Outcome.NOT_SUPPORTED, message
        if plan.features:
            return Outcome.VIOLATION, f"The target declares {', '.join(plan.features)}, but lacks it: {message}"
        return Outcome.ERROR, f"The requirement is not optional, so nothing may be called unsupported: {message}"

    def _conclude(self, scenario: Scenario, report: pytest.TestReport) -> None:
        entry, record = self._known(scenario), self._record(scenario)
        if entry and record.verdict is Verdict.INCONCLUSIVE and report.passed:
            report.outcome, report.longrepr = "failed", record.message
        payload = json.dumps({"record": record.to_json(), "facts": self.facts}, default=str)
        vars(report)[PAYLOAD] = payload

    def _record(self, scenario: Scenario) -> Record:
        entry = self._known(scenario)
        known_as = f"{entry.reason}, {entry.link}" if entry else ""
        return scenario.record(known_as, sometimes=bool(entry and entry.sometimes))

    def _known(self, scenario: Scenario) -> KnownFailure | None:
        plan, kernel = scenario.plan, str(self.facts.get("server", {}).get("kernel", ""))
        entries = known.about(self.known_failures, plan.id, plan.server, plan.version, kernel)
        return known.find(entries, scenario.broken)

    def _admit(self, item: pytest.Function) -> None:
        requirement = _requirement(item)
        place = f"{item.path}::{item.originalname}"
        if requirement is None:
            if item.path.is_relative_to(self.suites):
                raise pytest.Collector.CollectError(
                    f"{place} declares no requirement: decorate it with "
                    '@requirement("NFSK8S-<AREA>-<NNN>", ...) from certify.declare.'
                )
            return
        first = self._declared.setdefault(requirement.id, place)
        if first != place:
            raise pytest.Collector.CollectError(
                f"{requirement.id} is declared twice, by {first} and by {place}: give one of them an id of its own."
            )
        try:
            refuse_unknown_features(requirement, known_features())
        except ValueError as error:
            raise pytest.Collector.CollectError(f"{place}: {error}") from error


def _keep(config: pytest.Config, items: list[pytest.Item], wanted: Callable[[pytest.Item], bool]) -> None:
    if others := [item for item in items if not wanted(item)]:
        items[:] = [item for item in items if wanted(item)]
        config.hook.pytest_deselected(items=others)


def _requirement(item: pytest.Item) -> Requirement | None:
    return requirement_of(getattr(item, "function", None))


def _show_as_skip(report: pytest.TestReport, message: str) -> None:
    """pytest knows neither verdict; its own reports and exit status read both as a skip."""
    path, line, _ = report.location
    report.outcome = "skipped"
    report.longrepr = (path, line or 0, f"Skipped: {message}")


def _plan(item: pytest.Item, requirement: Requirement, server: str, worker: str) -> Record:
    callspec = getattr(item, "callspec", None)
    variant = str(callspec.id) if callspec else ""
    version = str(callspec.params.get("nfs_version", variant)) if callspec and requirement.each_version else ""
    return planned(requirement, nodeid=item.nodeid, variant=variant, version=version, server=server, worker=worker)


def _outcome(excinfo: pytest.ExceptionInfo[BaseException] | None) -> Outcome:
    if excinfo and isinstance(excinfo.value, pytest.skip.Exception):
        return Outcome.SKIP
    # pytest.fail and pytest.raises claim a broken promise as `assert` does.
    if excinfo and isinstance(excinfo.value, pytest.fail.Exception):
        return Outcome.VIOLATION
    return outcome_of(excinfo.value if excinfo else None)


def _message(excinfo: pytest.ExceptionInfo[BaseException] | None) -> str:
    if excinfo is None:
        return ""
    if isinstance(excinfo.value, BaseExceptionGroup):
        return "\n".join(str(part) or type(part).__name__ for part in leaves(excinfo.value))
    if _outcome(excinfo) is Outcome.ERROR:
        return f"{excinfo.typename}: {excinfo.value}"
    return str(excinfo.value) or excinfo.typename
