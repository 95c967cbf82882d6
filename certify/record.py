"""The model of a run's results, and its form as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from certify.requirement import area_of
from certify.verdict import Verdict, run_passes

Facts = dict[str, Any]
LIMITS = "limits"  # among the facts: what the run's world cannot show, each by a name
# The problem of a run that was ended early: it goes when the run goes on.
INTERRUPTED = "The run was interrupted: not every scenario ran."


@dataclass(frozen=True)
class Step:
    """Something the scenario did; `started_s` counts from the scenario's start, times are in seconds."""

    title: str
    started_s: float
    duration_s: float
    ok: bool


@dataclass(frozen=True)
class Check:
    """Something the scenario compared."""

    what: str
    expected: str
    seen: str
    ok: bool


@dataclass(frozen=True)
class Measurement:
    """A figure that the scenario measured and did not judge; `unit` is `s` for the seconds of a recovery."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Exhibit:
    """A piece of evidence: a file of `size` bytes, its SHA-256, and its text unless it is too long to be quoted.

    `path` is relative to the run's folder.
    """

    path: str
    size: int
    sha256: str
    text: str | None

    @property
    def name(self) -> str:
        """Return the file's own name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Record:
    """One scenario, one variant, one verdict: a line of results.jsonl.

    `variant` is the test's parameter id (may be empty), `version` and `server` the column it belongs to in the matrix,
    `phases` the seconds spent in setup, call and teardown, `outcomes` how they ended (the verdict follows from that),
    `known` the reason for which a failure was expected, always or `sometimes`, `diagnoses` ids of the diagnoses that
    fit, `attempt` counts from 1 when a run tries the scenario again.
    """

    id: str
    nodeid: str
    variant: str
    verdict: Verdict
    duration_s: float
    message: str
    version: str = ""
    server: str = ""
    level: str = ""
    summary: str = ""
    description: str = ""
    cites: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    since: str = ""
    worker: str = ""
    started_at: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    known: str = ""
    sometimes: bool = False
    diagnoses: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = ()
    evidence: tuple[Exhibit, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    attempt: int = 1

    @property
    def area(self) -> str:
        """Return the area of the requirement, for example SQUASH."""
        return area_of(self.id)

    @property
    def label(self) -> str:
        """Return the name for people, for example `NFSK8S-SQUASH-002 [knfsd-4.2]`."""
        name = f"{self.id} [{self.variant}]" if self.variant else self.id
        return f"{name} (attempt {self.attempt})" if self.attempt > 1 else name

    @property
    def headline(self) -> str:
        """Return the first line of the message."""
        return self.message.partition("\n")[0]

    @property
    def slug(self) -> str:
        """Return the name for files and anchors, for example `NFSK8S-SQUASH-002-knfsd-4.2`."""
        name = f"{self.id}-{self.variant}" if self.variant else self.id
        name += f"-attempt-{self.attempt}" if self.attempt > 1 else ""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", name)

    def to_json(self) -> str:
        """Return the record as one line of ASCII JSON, without the line's end."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Record:
        """Read a record back; keys that a later version added are left out."""
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in json.loads(line).items() if key in known}
        values["verdict"] = Verdict(values["verdict"])
        values["steps"] = tuple(Step(**step) for step in values.get("steps", ()))
        values["checks"] = tuple(Check(**check) for check in values.get("checks", ()))
        values["evidence"] = tuple(Exhibit(**exhibit) for exhibit in values.get("evidence", ()))
        values["measurements"] = tuple(Measurement(**figure) for figure in values.get("measurements", ()))
        for key in ("cites", "features", "diagnoses"):
            values[key] = tuple(values.get(key, ()))
        return cls(**values)


@dataclass(frozen=True)
class RunInfo:
    """The frame of a run: `finished_at` is empty until it ends, so a killed run shows itself.

    Times are ISO 8601 in UTC; `problems` are reasons besides its verdicts why the run cannot pass. `suite` names what
    ran (version, commit, modified), `target` what was judged, as its file has it, `profile` by which measure;
    `selected` scenarios were to run, `deselected` ones were left out by the operator, `continued` says when and by
    which commands the run went on.
    """

    name: str
    started_at: str
    finished_at: str = ""
    duration_s: float = 0.0
    interrupted: bool = False
    problems: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    suite: Mapping[str, str] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    profile: str = ""
    selected: int = 0
    deselected: tuple[str, ...] = ()
    continued: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> RunInfo:
        """Read the frame back; keys that a later version added are left out."""
        known = {item.name for item in fields(cls)}
        found = {key: value for key, value in values.items() if key in known}
        for key in ("problems", "command", "deselected", "continued"):
            found[key] = tuple(found.get(key, ()))
        return cls(**found)


@dataclass(frozen=True)
class Run:
    """A whole run as its files tell it."""

    info: RunInfo
    facts: Facts
    records: tuple[Record, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Return why the run cannot pass whatever its verdicts are."""
        if not self.info.finished_at:
            return (*self.info.problems, "The run was killed before it ended: run it again.")
        return self.info.problems

    @property
    def passed(self) -> bool:
        """Return whether the run is complete and every verdict allows it to pass."""
        return not self.problems and run_passes(record.verdict for record in self.records)

    def ordered(self) -> list[Record]:
        """Return the records by id and variant, whatever order they finished in."""
        return sorted(self.records, key=lambda record: (record.id, record.variant))

    def count(self, verdict: Verdict) -> int:
        """Return how many records have that verdict."""
        return sum(record.verdict is verdict for record in self.records)


def read_run(results: bytes, environment: bytes) -> Run:
    """Return the run that the two files tell of."""
    content = json.loads(environment)
    return Run(RunInfo.from_json(content["run"]), content["facts"], records_of(results))


def records_of(results: bytes) -> tuple[Record, ...]:
    """Return the records of results.jsonl; a last line torn by a kill is left out."""
    # What follows the last line end is such a line.
    lines = results.split(b"\n")[:-1]
    return tuple(Record.from_json(line.decode("ascii")) for line in lines)
