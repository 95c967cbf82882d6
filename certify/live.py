"""Progress on the terminal: one line a scenario, as soon as it has its verdict, and on a terminal what runs now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from certify.durations import known_durations
from certify.following import minutes
from certify.forecast import Forecast
from certify.observer import IS_SCENARIO, PAYLOAD
from certify.record import Record
from certify.verdict import Verdict
from certify.workers import worker_count

_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.INCONCLUSIVE: "red"}
# Wide enough for a log file; a terminal says itself how wide it is.
_LOG_WIDTH = 180
ERASED = "\r\x1b[K"


class LiveLines:
    """Replaces pytest's letters for scenarios; pytest's own -v and -q keep their meaning for all other tests."""

    def __init__(self, config: pytest.Config, reports: Path) -> None:
        self._config = config
        self._forecast = Forecast(known_durations(reports), max(1, worker_count(config)))
        self._running: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._forecast.begin([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        if not self._forecast.total:  # every worker collects the same, and one that comes later begins nothing anew
            self._forecast.begin(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count as pytest does, but print no letter."""
        if not _is_scenario(report):
            return None
        if report.when == "call" or not report.passed:
            category = report.outcome if report.when == "call" or report.skipped else "error"
            return category, "", category.upper()
        return "", "", ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        reporter = self._reporter()
        reporter.showfspath = False
        self._running[nodeid] = _short(nodeid)
        self._show_running()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        payload = vars(report).get(PAYLOAD)
        if payload is None:
            return
        record = Record.from_json(json.loads(payload)["record"])
        self._forecast.finish(record.nodeid, record.duration_s)
        self._running.pop(record.nodeid, None)
        reporter = self._reporter()
        if reporter.isatty:
            reporter.write(ERASED)
        reporter.ensure_newline()
        reporter.write(f"{record.verdict:<13} ", **_markup(record.verdict))
        text = f"{record.label:<34} {record.duration_s:6.1f} s  [{self._state()}] {record.summary}"
        width = shutil.get_terminal_size().columns if reporter.isatty else _LOG_WIDTH
        reporter.line(text[: width - 15])
        self._show_running()

    def pytest_sessionfinish(self) -> None:
        if self._reporter().isatty and self._running:
            self._reporter().write(ERASED)

    def _show_running(self) -> None:
        """On a terminal the last line says what is under way; the next line takes its place."""
        reporter = self._reporter()
        if reporter.isatty and self._running:
            text = f"[{self._state()}] running: {', '.join(self._running.values())}"
            reporter.write(ERASED + text[: shutil.get_terminal_size().columns - 1], flush=True)

    def _state(self) -> str:
        left = self._forecast.seconds_left()
        return f"{self._forecast.done}/{self._forecast.total or '?'}" + (f", {minutes(left)} left" if left else "")

    def _reporter(self) -> Any:
        return self._config.pluginmanager.get_plugin("terminalreporter")


def _short(nodeid: str) -> str:
    """The words of a test's name, and its variant.

    >>> _short("suites/io/test_links_are_kept.py::test_links_are_kept[nfs3]")
    'links are kept [nfs3]'
    """
    name, bracket, variant = nodeid.rpartition("::")[2].removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" {bracket}{variant}" if variant else "")


def _is_scenario(report: pytest.TestReport) -> bool:
    return bool(vars(report).get(IS_SCENARIO))


def _markup(verdict: Verdict) -> dict[str, bool]:
    return {_COLOURS.get(verdict, "yellow"): True, "bold": True}
