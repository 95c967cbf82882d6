"""Progress on the terminal: one line a scenario, as soon as it has its verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from certify.observer import IS_SCENARIO, PAYLOAD
from certify.record import Record
from certify.verdict import Verdict

_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.INCONCLUSIVE: "red"}


class LiveLines:
    """Replaces pytest's letters for scenarios; pytest's own -v and -q keep their meaning for all other tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._total = 0
        self._done = 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._total = len(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count as pytest does, but print no letter."""
        if not _is_scenario(report):
            return None
        if report.when == "call" or not report.passed:
            category = report.outcome if report.when == "call" or report.skipped else "error"
            return category, "", category.upper()
        return "", "", ""

    def pytest_runtest_logstart(self) -> None:
        self._reporter().showfspath = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        payload = vars(report).get(PAYLOAD)
        if payload is None:
            return
        record = Record.from_json(json.loads(payload)["record"])
        self._done += 1
        reporter = self._reporter()
        reporter.ensure_newline()
        reporter.write(f"{record.verdict:<13} ", **_markup(record.verdict))
        reporter.line(
            f"{record.label:<34} {record.duration_s:6.1f} s  [{self._done}/{self._total or '?'}] {record.summary}"[:180]
        )

    def _reporter(self) -> Any:
        return self._config.pluginmanager.get_plugin("terminalreporter")


def _is_scenario(report: pytest.TestReport) -> bool:
    return bool(vars(report).get(IS_SCENARIO))


def _markup(verdict: Verdict) -> dict[str, bool]:
    return {_COLOURS.get(verdict, "yellow"): True, "bold": True}
