"""A small catalogue, and runs of it that never happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from certify.catalogue import Catalogue, Entry
from certify.record import Check, Exhibit, Record, Run, RunInfo
from certify.requirement import Level, Requirement
from certify.target import Target, from_values
from certify.verdict import Verdict
from certify.version import SUITE_VERSION

FEATURES = {"quota": "limits are enforced", "xattr": "attributes are kept"}
WELL = {"setup": "ok", "call": "ok", "teardown": "ok"}
# How each verdict comes about.
OUTCOMES = {
    Verdict.PASSED: WELL,
    Verdict.FAILED: {**WELL, "call": "violation"},
    Verdict.KNOWN: {**WELL, "call": "violation"},
    Verdict.INCONCLUSIVE: {**WELL, "call": "environment"},
    Verdict.NOT_SUPPORTED: {"setup": "not supported", "teardown": "ok"},
    Verdict.SKIPPED: {"setup": "skip", "teardown": "ok"},
}


def wanted(number: int, area: str = "IO", level: Level = Level.MUST, **more: Any) -> Requirement:
    """Return a requirement of the catalogue."""
    base = Requirement(f"NFSK8S-{area}-{number:03}", level, frozenset(), ("nfs(5)",), "0.1", f"Promise {number}.")
    return replace(base, **more)


CATALOGUE = Catalogue(
    (
        Entry(wanted(1), "suites/io/test_one.py"),
        Entry(wanted(2), "suites/io/test_two.py"),
        Entry(wanted(3, level=Level.SHOULD), "suites/io/test_three.py"),
        Entry(wanted(4, features=frozenset({"quota"})), "suites/io/test_four.py"),
        Entry(wanted(5, versions=("4.2",)), "suites/io/test_five.py"),
    ),
    FEATURES,
)
TARGET: Target = from_values({"profile": "core", "product": {"name": "Example"}, "nfs": {"features": []}})


def record(requirement: Requirement, version: str, verdict: Verdict = Verdict.PASSED) -> Record:
    """Return what a scenario would have left."""
    broken = verdict in (Verdict.FAILED, Verdict.KNOWN)
    file = Exhibit(f"evidence/{requirement.id}-nfs{version}/exports.txt", 4, "0" * 64, "rw\n\n")
    return Record(
        id=requirement.id,
        nodeid=f"suites/test_{requirement.id}.py::test_it[nfs{version}]",
        variant=f"nfs{version}",
        verdict=verdict,
        duration_s=1.25,
        message="" if verdict is Verdict.PASSED else f"It is {verdict}.",
        version=version,
        server="knfsd",
        level=requirement.level,
        summary=requirement.summary,
        cites=requirement.cites,
        worker="main",
        started_at="2030-01-02T03:04:05.000+00:00",
        outcomes=OUTCOMES[verdict],
        known="as its maker says" if verdict is Verdict.KNOWN else "",
        checks=(Check("it holds", "yes", "no" if broken else "yes", ok=not broken),),
        evidence=(file,),
    )


def complete_run(change: Callable[[Record], Record] = lambda one: one, **frame: Any) -> Run:
    """Return a run in which everything that was asked for passed, after `change` to each of its records."""
    records = [
        record(entry.requirement, version)
        for entry in CATALOGUE.entries
        for version in TARGET.nfs.versions
        if not entry.requirement.features and (not entry.requirement.versions or version in entry.requirement.versions)
    ]
    info = RunInfo(
        name="20300102T030405Z-abcdef",
        started_at="2030-01-02T03:04:05+00:00",
        finished_at="2030-01-02T03:05:05+00:00",
        duration_s=60.0,
        command=("suites/",),
        suite={"version": SUITE_VERSION, "commit": "0" * 40, "modified": "no"},
        target=TARGET.model_dump(),
        profile="core",
        selected=len(records),
    )
    return Run(replace(info, **frame), {"kernel": "7.2"}, tuple(map(change, records)))


def files_of(run: Run) -> tuple[bytes, bytes]:
    """Return results.jsonl and environment.json of a run."""
    results = "".join(f"{one.to_json()}\n" for one in run.records).encode()
    environment = json.dumps({"run": asdict(run.info), "facts": run.facts}, indent=2, sort_keys=True) + "\n"
    return results, environment.encode()
