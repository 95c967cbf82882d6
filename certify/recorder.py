"""The half of the plugin that writes the run, only in the process that the operator started."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certify.assessment import Assessment
from certify.catalogue import published
from certify.continuation import Continuation
from certify.durations import shipped_durations
from certify.folder import RunFolder
from certify.following import following
from certify.observer import PAYLOAD, Observer
from certify.outputs import write_outputs
from certify.record import INTERRUPTED, Facts, Record, Run, RunInfo
from certify.summary import summary
from certify.workers import worker_count

# How what a worker knows travels when it ends: its facts, and which scenarios it was to run.
WORKER_OUTPUT = "certify_worker"


class Recorder:
    """Writes results as they arrive, the reports at the end, and decides the exit status.

    `objections` are why the run cannot pass whatever its verdicts are; others may add to them until it ends.
    `told` is the earlier run that this one goes on with, if it does. `asked` says that the operator named scenarios, so
    that a run without any is an error.
    """

    def __init__(
        self,
        folder: RunFolder,
        facts: Facts,
        info: RunInfo,
        objections: list[str],
        key: Ed25519PrivateKey | None,
        *,
        asked: bool,
        told: Continuation | None = None,
    ) -> None:
        self._folder = folder
        self._facts = facts
        self._info = info
        self._objections = objections
        self._key = key
        self._told = told
        self._asked = asked
        self._looped = False
        self._planned = False
        self._began = time.monotonic()
        self._ended: tuple[Run, Assessment] | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["certify_run"] = str(self._folder.path)
        if self._told:
            node.workerinput["certify_wish"] = self._told.wish.to_values()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        # Every worker collects the same; what lies elsewhere is no scenario.
        self._plan([nodeid for nodeid in ids if nodeid.startswith("suites/")])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        # A worker that died has no output.
        told = json.loads(getattr(node, "workeroutput", {}).get(WORKER_OUTPUT, "{}"))
        merge(self._facts, told.get("facts", {}))
        if "deselected" in told:
            self._leave_out(told["deselected"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        config = session.config
        self._looped = not config.option.collectonly and not config.option.plan
        observer = config.pluginmanager.get_plugin("certify-observer")
        if isinstance(observer, Observer) and self._looped and not session.testsfailed and worker_count(config) == 0:
            self._plan(observer.selected)
            self._leave_out(observer.deselected)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        payload = vars(report).get(PAYLOAD)
        if payload:
            content = json.loads(payload)
            if not self._folder.environment.exists() or content["facts"] != self._facts:
                merge(self._facts, content["facts"])
                self._write_environment()
            self._folder.append(Record.from_json(content["record"]))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._objections.append(f"{report.nodeid} could not be collected: its scenarios did not run.")

    def pytest_keyboard_interrupt(self) -> None:
        self._interrupt()

    def pytest_internalerror(self) -> None:
        self._objections.append("The test runner itself failed: see its output.")

    # Innermost wrapper: after session fixtures and workers are gone, before the terminal prints its summary.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        try:
            return (yield)
        finally:
            if session.exitstatus == pytest.ExitCode.INTERRUPTED:
                self._interrupt()
            if self._folder.exists:
                self._finish()
            if session.exitstatus == pytest.ExitCode.OK and not self._acceptable:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._ended:
            terminalreporter.section("conformance")
            run, assessment = self._ended
            after = following(run, published(), shipped_durations())
            for line in summary(run, assessment, self._folder.path, after):
                terminalreporter.line(line.text, **line.markup)
        elif not self._acceptable:
            terminalreporter.section("conformance")
            terminalreporter.line(
                f"No scenario was executed, so nothing was proved: check -k, -m, the paths and the profile "
                f"{self._info.profile}."
            )

    @property
    def _acceptable(self) -> bool:
        if self._ended:
            return self._ended[0].passed
        return not (self._looped and self._asked)

    def _finish(self) -> None:
        for record in self._folder.unfinished():
            self._folder.append(record)
        duration = round(self._info.duration_s + time.monotonic() - self._began, 3)
        ended = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._info = replace(self._info, finished_at=ended, duration_s=duration)
        if self._told:
            self._objections += differences(self._told.earlier.facts, self._facts)
        self._write_environment()
        self._ended = write_outputs(self._folder, self._key)
        self._folder.close()
        self._folder.publish()

    def _interrupt(self) -> None:
        if not self._info.interrupted:
            self._info = replace(self._info, interrupted=True)
            self._objections.append(INTERRUPTED)

    def _plan(self, nodeids: Sequence[str]) -> None:
        """Before the first scenario: what is to run is written down, and a run that goes on takes its folder over."""
        if self._planned or not nodeids:
            return
        self._planned = True
        if not self._told:
            self._info = replace(self._info, selected=len(nodeids))
            self._folder.write_planned(nodeids)
            return
        self._folder.keep(self._told.kept)
        if missing := self._told.missing(frozenset(nodeids)):
            self._objections.append(missing)

    def _leave_out(self, nodeids: Sequence[str]) -> None:
        everything = dict.fromkeys((*self._info.deselected, *nodeids))
        self._info = replace(self._info, deselected=tuple(everything))

    def _write_environment(self) -> None:
        facts: Facts = {}
        for known in (self._told.earlier.facts if self._told else {}, self._facts):
            merge(facts, copy.deepcopy(known))
        self._folder.write_environment(replace(self._info, problems=tuple(self._objections)), facts)


def differences(before: Facts, now: Facts) -> list[str]:
    """Return a sentence for each side of the world that is not the one of the earlier part of the run."""
    return [
        f"The {side} is not the one that the run began with: {key} was {old}, and is {now[side].get(key)} now."
        for side in ("server", "client")
        if now.get(side) and before.get(side)
        for key, old in before[side].items()
        if now[side].get(key) != old
    ]


def merge(into: Facts, new: Facts) -> None:
    """Add `new` to the facts `into`, key by key through nested mappings; the newest value wins."""
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value
