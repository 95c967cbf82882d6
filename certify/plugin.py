"""The pytest plugin: options, the `evidence` fixture, and the run's facts.

It concerns tests that carry @requirement or live under `suites/`; for all others it does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certify.evidence import Evidence
from certify.folder import RunFolder
from certify.observer import SCENARIO, Observer
from certify.record import Facts
from certify.recorder import FACTS_OUTPUT, Recorder

_FACTS: pytest.StashKey[Facts] = pytest.StashKey()


def environment(config: pytest.Config) -> Facts:
    """Return the facts about the world of this run, to be updated by whoever knows more.

    They become the `facts` of environment.json: kernel, server, Kubernetes version and so on, as JSON values.
    Facts of several workers are merged, nested mappings key by key.
    """
    return config.stash.setdefault(_FACTS, {})


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """Return the evidence of the running scenario."""
    scenario = request.node.stash.get(SCENARIO, None)
    if scenario is None:
        pytest.fail("`evidence` belongs to a scenario: decorate the test with @requirement.", pytrace=False)
    found: Evidence = scenario.evidence
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("conformance").addoption(
        "--report-dir",
        metavar="DIR",
        help="where runs are written, one folder each (default: reports beside pytest's configuration)",
    )


def pytest_configure(config: pytest.Config) -> None:
    handed: dict[str, Any] | None = getattr(config, "workerinput", None)
    suites = config.rootpath / "suites"
    if handed:
        folder = RunFolder(Path(handed["certify_run"]))
        worker = str(handed["workerid"])
    else:
        here = config.invocation_params.dir
        chosen = config.getoption("report_dir")
        folder = RunFolder.choose(here / chosen if chosen else config.rootpath / "reports", datetime.now(UTC))
        worker = "main"
        command = tuple(str(argument) for argument in config.invocation_params.args)
        asked = any(_below(suites, argument, here) for argument in config.args)
        recorder = Recorder(folder, environment(config), command, asked=asked)
        config.pluginmanager.register(recorder, "certify-recorder")
    observer = Observer(folder, worker, suites, environment(config))
    config.pluginmanager.register(observer, "certify-observer")


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    try:
        return (yield)
    finally:
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[FACTS_OUTPUT] = json.dumps(environment(session.config), default=str)


def _below(suites: Path, argument: str, here: Path) -> bool:
    return (here / argument.partition("::")[0]).resolve().is_relative_to(suites.resolve())
