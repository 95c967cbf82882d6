"""The pytest plugin: options, the `evidence` fixture, and the run's facts.

It concerns tests that carry @requirement or live under `suites/`; for all others it does nothing.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certify import known, places, signing
from certify import target as target_file
from certify.catalogue import published
from certify.continuation import RERUN, RESUME, Continuation, Wish, find, frame_of, refuse_another, rerun_failed, resume
from certify.errors import TargetError
from certify.evidence import Evidence
from certify.folder import RunFolder
from certify.live import LiveLines
from certify.observer import SCENARIO, Observer
from certify.places import KNOWN_FAILURES
from certify.plan import Planner, profile_line
from certify.profile import DEFAULT, EVERYTHING, PROFILES
from certify.record import Facts, RunInfo
from certify.recorder import WORKER_OUTPUT, Recorder
from certify.suite import describe
from certify.target import Target

_FACTS: pytest.StashKey[Facts] = pytest.StashKey()
_OBJECTIONS: pytest.StashKey[list[str]] = pytest.StashKey()
_TARGET: pytest.StashKey[Target] = pytest.StashKey()
_TOLD: pytest.StashKey[Continuation | None] = pytest.StashKey()
_OBSERVER = "certify-observer"
_LIVE = "certify-live"


def environment(config: pytest.Config) -> Facts:
    """Return the facts about the world of this run, to be updated by whoever knows more.

    They become the `facts` of environment.json: kernel, server, Kubernetes version and so on, as JSON values.
    Facts of several workers are merged, nested mappings key by key.
    """
    return config.stash.setdefault(_FACTS, {})


def target(config: pytest.Config) -> Target:
    """Return what is judged: the file of --target, or the defaults. Raises UsageError for a file with mistakes."""
    if _TARGET not in config.stash:
        file = config.getoption("target")
        try:
            found = target_file.load(config.invocation_params.dir / file) if file is not None else Target()
        except TargetError as error:
            raise pytest.UsageError(str(error)) from error
        # Workers are handed the options, so that they judge by the same profile.
        earlier = told.earlier.info.profile if (told := _told(config)) else ""
        config.option.profile = config.getoption("profile") or earlier or _profile(config, found)
        config.stash[_TARGET] = found.judged_by(config.option.profile)
    return config.stash[_TARGET]


def _profile(config: pytest.Config, found: Target) -> str:
    """The target file's profile; without one everything of a part that was named, and of the whole what most need."""
    if found.names_a_profile:
        return found.profile
    named = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    whole = any(places.suites(config).resolve().is_relative_to(path) for path in named)
    return DEFAULT if whole else EVERYTHING


def disqualify(config: pytest.Config, reason: str) -> None:
    """Keep this run from passing and from certifying anything, whatever its verdicts are."""
    config.stash.setdefault(_OBJECTIONS, []).append(reason)


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """Return the evidence of the running scenario."""
    scenario = request.node.stash.get(SCENARIO, None)
    if scenario is None:
        pytest.fail("`evidence` belongs to a scenario: decorate the test with @requirement.", pytrace=False)
    found: Evidence = scenario.evidence
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "what is judged, and where that is written")
    group.addoption("--target", metavar="FILE", help="the target file (TOML): product, world, versions; docs/target.md")
    group.addoption(
        "--profile",
        choices=list(PROFILES),
        help="what to run and to judge by (default: the target file's, else core; full for a part of suites/)",
    )
    group.addoption("--plan", action="store_true", help="print what would run and what it needs, and start nothing")
    group.addoption(
        RESUME, metavar="RUN", help="go on with an interrupted run: try what has no verdict yet, into the same record"
    )
    group.addoption(
        RERUN,
        metavar="RUN",
        help="try once more what did not pass in a run, into the same record, where the worst verdict counts",
    )
    group.addoption(
        "--known-failures",
        metavar="FILE",
        help=f"failures that are known, with reason and link (default: {KNOWN_FAILURES} beside pytest's configuration)",
    )
    group.addoption("--sign", metavar="KEY", help="sign the certificate bundle with this Ed25519 private key (PEM)")
    group.addoption(
        "--report-dir",
        metavar="DIR",
        help="where runs are written, one folder each (default: reports beside pytest's configuration)",
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    if config.pluginmanager.has_plugin(_LIVE):
        return profile_line(PROFILES[target(config).profile], published())
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    if config.getoption("plan"):
        config.option.numprocesses, config.option.dist, config.option.tx = None, "no", []


def pytest_configure(config: pytest.Config) -> None:
    judged = target(config)
    try:
        known_failures = known.load(places.known_failures(config)) if places.known_failures(config).exists() else ()
        key = signing.load_private_key(Path(config.getoption("sign"))) if config.getoption("sign") else None
    except TargetError as error:
        raise pytest.UsageError(str(error)) from error
    handed: dict[str, Any] | None = getattr(config, "workerinput", None)
    if handed:
        folder, worker = RunFolder(Path(handed["certify_run"])), str(handed["workerid"])
        wish = Wish.from_values(handed["certify_wish"]) if "certify_wish" in handed else None
    else:
        told = _told(config)
        folder, worker = told.folder if told else _new_folder(config), "main"
        wish = told.wish if told else None
        _register_recorder(config, folder, key, told)
    observer = Observer(
        folder,
        worker,
        places.suites(config),
        environment(config),
        judged,
        PROFILES[judged.profile],
        known_failures,
        wish,
    )
    config.pluginmanager.register(observer, _OBSERVER)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    try:
        return (yield)
    finally:
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            observer: Any = session.config.pluginmanager.get_plugin(_OBSERVER)
            content = {
                "facts": environment(session.config),
                "deselected": observer.deselected,
            }
            output[WORKER_OUTPUT] = json.dumps(content, default=str)


def _register_recorder(
    config: pytest.Config, folder: RunFolder, key: Ed25519PrivateKey | None, told: Continuation | None
) -> None:
    """What only the process that the operator started does: it writes the run, and talks to the terminal."""
    judged = target(config)
    asked = places.names_scenarios(config)
    if asked:
        places.expect_writable(config)
    info = RunInfo(
        name=folder.name,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        command=tuple(str(argument) for argument in config.invocation_params.args),
        suite=describe() if asked else {},
        target=judged.published(),
        profile=judged.profile,
    )
    objections = config.stash.setdefault(_OBJECTIONS, [])
    if told:
        try:
            refuse_another(told, info)
        except TargetError as error:
            raise pytest.UsageError(str(error)) from error
        info = frame_of(told, info)
        objections += info.problems
    recorder = Recorder(folder, environment(config), info, objections, key, asked=asked, told=told)
    config.pluginmanager.register(recorder, "certify-recorder")
    if asked:
        config.pluginmanager.register(LiveLines(config, folder.path.parent), _LIVE)
        # CI systems end a job with SIGTERM: it gets its reports and its cleaning up as with ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.getoption("plan"):
        config.pluginmanager.register(Planner(folder.path.parent, judged), "certify-planner")


def _told(config: pytest.Config) -> Continuation | None:
    """The earlier run that this one goes on with, in the process that the operator started."""
    if hasattr(config, "workerinput"):
        return None
    if _TOLD not in config.stash:
        asked = {how: name for how in (RESUME, RERUN) if (name := config.getoption(how))}
        if len(asked) > 1:
            raise pytest.UsageError(f"{RESUME} and {RERUN} exclude each other: first go on, then try again")
        found = None
        try:
            for how, name in asked.items():
                folder = find(places.reports(config), config.invocation_params.dir, name)
                found = resume(folder) if how == RESUME else rerun_failed(folder)
        except TargetError as error:
            raise pytest.UsageError(str(error)) from error
        config.stash[_TOLD] = found
    return config.stash[_TOLD]


def _new_folder(config: pytest.Config) -> RunFolder:
    return RunFolder.choose(places.reports(config), datetime.now(UTC))
