"""The half of the plugin that watches scenarios, in whichever process runs them."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from certify.evidence import Evidence
from certify.folder import RunFolder
from certify.record import Facts, Record
from certify.requirement import Requirement, requirement_of
from certify.scenario import Scenario, planned
from certify.verdict import Outcome, Phase, outcome_of

SCENARIO: pytest.StashKey[Scenario] = pytest.StashKey()

# Where a finished scenario travels on its last report, as JSON text: xdist hands over what reports carry.
PAYLOAD = "certify_payload"

_TROUBLE = frozenset({Outcome.VIOLATION, Outcome.ENVIRONMENT, Outcome.ERROR})


@dataclass(eq=False)  # pluggy keeps plugins in sets
class Observer:
    """Refuses undeclared scenarios at collection and judges the declared ones when they run."""

    folder: RunFolder
    worker: str
    suites: Path
    facts: Facts
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
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        requirement = _requirement(item)
        if requirement:
            plan = _plan(item, requirement, self.worker)
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
            self._observe(scenario, call, report)
            if call.when == "teardown":
                payload = json.dumps({"record": scenario.record().to_json(), "facts": self.facts}, default=str)
                vars(report)[PAYLOAD] = payload
        return report

    def _observe(self, scenario: Scenario, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        outcome = _outcome(call.excinfo)
        message = _message(call.excinfo)
        scenario.observe(Phase(call.when), outcome, message, call.duration)
        if outcome is Outcome.NOT_SUPPORTED:
            # pytest has no such outcome; its own reports and exit status read it as a skip.
            path, line, _ = report.location
            report.outcome = "skipped"
            report.longrepr = (path, line or 0, f"Skipped: {message}")
        if outcome in _TROUBLE:
            scenario.evidence.collect()
            captured = "".join(f"\n--- {title} ---\n{text}" for title, text in report.sections)
            scenario.evidence.attach(f"traceback-{call.when}.txt", report.longreprtext + "\n" + captured)

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


def _requirement(item: pytest.Item) -> Requirement | None:
    return requirement_of(getattr(item, "function", None))


def _plan(item: pytest.Item, requirement: Requirement, worker: str) -> Record:
    callspec = getattr(item, "callspec", None)
    variant = str(callspec.id) if callspec else ""
    version = str(callspec.params.get("nfs_version", variant)) if callspec else ""
    return planned(requirement, nodeid=item.nodeid, variant=variant, version=version, worker=worker)


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
    if _outcome(excinfo) is Outcome.ERROR:
        return f"{excinfo.typename}: {excinfo.value}"
    return str(excinfo.value) or excinfo.typename
