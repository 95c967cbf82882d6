"""The folder of one run: written so that whatever was finished survives a kill, read back to make reports.

results.jsonl      one finished scenario a line
environment.json   the run's frame and the facts about the world it ran in
evidence/          one folder a scenario
planned.json       the test ids of all scenarios that are to run
running/           one file for each scenario that has started and not finished
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from certify.evidence import exhibit_of
from certify.record import Exhibit, Facts, Record, Run, RunInfo, read_run, records_of


class RunFolder:
    """The files of one run below `path`; nothing is made on disk before `create`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results = path / "results.jsonl"
        self.environment = path / "environment.json"
        self._planned = path / "planned.json"
        self._running = path / "running"

    @classmethod
    def choose(cls, reports: Path, now: datetime) -> RunFolder:
        """Return a folder that does not exist yet, named after `now` in UTC and six hex digits."""
        while (path := reports / f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}").exists():
            pass
        return cls(path)

    @property
    def name(self) -> str:
        """Return the name of the run."""
        return self.path.name

    @property
    def exists(self) -> bool:
        """Return whether a scenario has made the folder."""
        return self.path.exists()

    def create(self) -> None:
        """Make the folder; workers of one run may all call this."""
        self._running.mkdir(parents=True, exist_ok=True)

    def evidence_of(self, record: Record) -> Path:
        """Return the folder of a scenario's evidence, which may not exist yet."""
        return self.path / "evidence" / record.slug

    def mark_started(self, record: Record) -> None:
        """Leave a note that a scenario runs: the verdict it has if nothing more is heard of it."""
        _replace(self._note(record), record.to_json())

    def append(self, record: Record) -> None:
        """Write a finished scenario: when this returns, its line is on the disk."""
        line = (record.to_json() + "\n").encode("ascii")
        with self.results.open("ab") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        self._note(record).unlink(missing_ok=True)

    def unfinished(self) -> list[Record]:
        """Return the records of scenarios that started and never finished, with the evidence they left.

        One whose line was written is finished, also when the process ended before it could take the note away.
        """
        notes = [Record.from_json(note.read_text("ascii")) for note in sorted(self._running.glob("*.json"))]
        written = {record.slug for record in records_of(self.results_bytes())}
        return [replace(note, evidence=self._found(note)) for note in notes if note.slug not in written]

    def write_planned(self, nodeids: Iterable[str]) -> None:
        """Write down which scenarios are to run, by test id, so that an interrupted run can go on."""
        self.create()
        _replace(self._planned, json.dumps(sorted(nodeids), indent=0) + "\n")

    def planned(self) -> list[str]:
        """Return the test ids of the scenarios that were to run."""
        found: list[str] = json.loads(self._planned.read_text("ascii"))
        return found

    def keep(self, records: Iterable[Record]) -> None:
        """Let these be the finished scenarios, and none be under way: what is taken out was never judged."""
        self.create()
        _replace(self.results, "".join(f"{record.to_json()}\n" for record in records))
        self._forget_notes()

    def write_environment(self, info: RunInfo, facts: Facts) -> None:
        """Write the run's frame and facts; facts that JSON does not know are written as text."""
        content = {"run": asdict(info), "facts": facts}
        _replace(self.environment, json.dumps(content, indent=2, sort_keys=True, default=str) + "\n")

    def load(self) -> Run:
        """Read the run back; scenarios that never finished count with the verdict of their note."""
        run = read_run(self.results_bytes(), self.environment.read_bytes())
        return replace(run, records=(*run.records, *self.unfinished()))

    def results_bytes(self) -> bytes:
        """Return the content of results.jsonl; nothing before the first scenario has finished."""
        return self.results.read_bytes() if self.results.exists() else b""

    def publish(self) -> Path:
        """Move the link `latest` beside the folder to it, in one step, and return the link."""
        latest = self.path.parent / "latest"
        link = self.path.parent / f".latest-{secrets.token_hex(3)}"
        link.symlink_to(self.name)
        link.replace(latest)
        return latest

    def close(self) -> None:
        """Tidy up at the end of the run, when no scenario runs any more."""
        self._forget_notes()
        with suppress(OSError):
            self._running.rmdir()

    def _found(self, record: Record) -> tuple[Exhibit, ...]:
        return tuple(exhibit_of(file, self.path) for file in sorted(self.evidence_of(record).glob("*")))

    def _forget_notes(self) -> None:
        for note in self._running.glob("*.json"):
            note.unlink()

    def _note(self, record: Record) -> Path:
        return self._running / f"{record.slug}.json"


def _replace(path: Path, text: str) -> None:
    """Write a whole file or leave the old one: a reader never sees half of it."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
