"""The half of the plugin that writes the run, only in the process that the operator started."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from certify.folder import RunFolder
from certify.observer import PAYLOAD
from certify.record import Facts, Record, Run, RunInfo
from certify.render import write_reports
from certify.verdict import Verdict

# How a worker's facts travel when it ends.
FACTS_OUTPUT = "certify_facts"


class Recorder:
    """Writes results as they arrive, the reports at the end, and decides the exit status.

    `asked` says that the operator named scenarios, so that a run without any is an error.
    """

    def __init__(self, folder: RunFolder, facts: Facts, command: tuple[str, ...], *, asked: bool) -> None:
        self._folder = folder
        self._facts = facts
        self._asked = asked
        self._looped = False
        self._began = time.monotonic()
        self._info = RunInfo(name=folder.name, started_at=_now(), command=command)
        self._run: Run | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["certify_run"] = str(self._folder.path)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        # A worker that died has no output.
        merge(self._facts, json.loads(getattr(node, "workeroutput", {}).get(FACTS_OUTPUT, "{}")))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        self._looped = not session.config.option.collectonly

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        payload = vars(report).get(PAYLOAD)
        if payload:
            content = json.loads(payload)
            if not self._folder.environment.exists() or content["facts"] != self._facts:
                merge(self._facts, content["facts"])
                self._folder.write_environment(self._info, self._facts)
            self._folder.append(Record.from_json(content["record"]))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._problem(f"{report.nodeid} could not be collected: its scenarios did not run.")

    def pytest_keyboard_interrupt(self) -> None:
        self._interrupt()

    def pytest_internalerror(self) -> None:
        self._problem("The test runner itself failed: see its output.")

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
        if self._run:
            terminalreporter.section("conformance")
            for line in _summary(self._run, self._folder):
                terminalreporter.line(line)
        elif not self._acceptable:
            terminalreporter.section("conformance")
            terminalreporter.line("No scenario was executed, so nothing was proved: check -k, -m and the paths.")

    @property
    def _acceptable(self) -> bool:
        if self._run:
            return self._run.passed
        return not (self._looped and self._asked)

    def _finish(self) -> None:
        for record in self._folder.unfinished():
            self._folder.append(record)
        duration = round(time.monotonic() - self._began, 3)
        self._info = replace(self._info, finished_at=_now(), duration_s=duration)
        self._folder.write_environment(self._info, self._facts)
        self._run = write_reports(self._folder)
        self._folder.close()
        self._folder.publish()

    def _interrupt(self) -> None:
        if not self._info.interrupted:
            self._info = replace(self._info, interrupted=True)
            self._problem("The run was interrupted: not every scenario ran.")

    def _problem(self, text: str) -> None:
        self._info = replace(self._info, problems=(*self._info.problems, text))


def merge(into: Facts, new: Facts) -> None:
    """Add `new` to the facts `into`, key by key through nested mappings; the newest value wins."""
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def _summary(run: Run, folder: RunFolder) -> list[str]:
    counts = [f"{run.count(verdict)} {verdict}" for verdict in Verdict if run.count(verdict)]
    unproved = [record for record in run.records if record.verdict is not Verdict.PASSED]
    return [
        f"{'PASS' if run.passed else 'NO PASS'}: {', '.join(counts)}",
        *run.problems,
        *(f"{record.verdict:<13} {record.label}  {record.headline}" for record in unproved),
        f"report:  {folder.path / 'report.html'}",
        f"junit:   {folder.path / 'junit.xml'}",
    ]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
