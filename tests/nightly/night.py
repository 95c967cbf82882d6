"""One night: a folder with a result and a time for each part, so that an interrupted one goes on where it stopped."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certify.continuation import resume
from certify.errors import TargetError
from certify.folder import RunFolder
from lab.processes import kill_marked_with
from tests.nightly.parts import CHECKOUT, Part

MARK = "NFS_CONFORMANCE_NIGHT"
DOWN = (sys.executable, "-m", "lab", "down")
_AFTER_CTRL_C = 180  # seconds: a run writes its reports and takes its world down
_KEPT_LOG = 4000  # characters of a failed part's end


@dataclass(frozen=True)
class Result:
    """How a part ended: `passed`, `failed` or `too long`, after how many seconds."""

    outcome: str
    code: int
    seconds: float
    ended_at: str
    end: str = ""


class Night:
    """The folder of one night; what is in it was made by one state of the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "night.json"

    @classmethod
    def latest(cls, nights: Path, suite: dict[str, str], wanted: list[Part]) -> "Night":
        """Return the newest night of this state of the checkout that lacks one of these parts, or a new one."""
        for folder in sorted(nights.glob("*Z-*"), reverse=True):
            found = cls(folder)
            if found.suite == suite and any(part.name not in found.results for part in wanted):
                return found
        return cls.begin(nights, suite)

    @classmethod
    def begin(cls, nights: Path, suite: dict[str, str]) -> "Night":
        """Make the folder of a new night."""
        night = cls(nights / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}")
        night.folder.mkdir(parents=True)
        night._write(suite, {})
        return night

    @property
    def suite(self) -> dict[str, str]:
        """Return which state of the checkout runs, as certify.suite describes it."""
        return dict(self._read()["suite"])

    @property
    def results(self) -> dict[str, Result]:
        """Return what has ended, by the part's name."""
        return {name: Result(**values) for name, values in self._read()["parts"].items()}

    def end_what_is_left(self) -> int:
        """End the processes that an interrupted night left behind; returns how many."""
        return kill_marked_with(MARK, str(self.folder))

    def log(self, part: Part) -> Path:
        """Return where a part's output goes."""
        return self.folder / f"{part.name}.log"

    def run(self, part: Part, say: Callable[[str], None]) -> Result:
        """Run a part to its end and keep its result; KeyboardInterrupt leaves it without one, to be gone on with."""
        began = time.monotonic()
        command = [*part.command, *self._where(part, say)]
        with self.log(part).open("ab") as log:
            code = _call(command, {MARK: str(self.folder)}, log.fileno(), part.within)
        outcome = {0: "passed", None: "too long"}.get(code, "failed")
        end = "" if outcome == "passed" else self.log(part).read_text(errors="replace")[-_KEPT_LOG:]
        seconds = round(time.monotonic() - began, 1)
        result = Result(outcome, -1 if code is None else code, seconds, _now(), end)
        self._write(self.suite, {**self.results, part.name: result})
        return result

    def _where(self, part: Part, say: Callable[[str], None]) -> list[str]:
        """The options by which a run of the suite lands in this folder, and goes on with one that was cut off."""
        if not part.runs:
            return []
        reports = self.folder / part.name
        options = [f"--report-dir={reports}"]
        for planned in sorted(reports.glob("*Z-*/planned.json"), reverse=True)[:1]:
            try:
                told = resume(RunFolder(planned.parent))
            except TargetError:
                continue  # all of it was judged, or it ended before its first verdict
            say(f"{part.name}: goes on with {planned.parent.name}, {len(told.wish.wanted)} scenarios are left")
            options += ["--resume", planned.parent.name]
        return options

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:  # it ended between its folder and its file
            return {"suite": {}, "parts": {}}
        return found

    def _write(self, suite: dict[str, str], results: dict[str, Result]) -> None:
        content = {"suite": suite, "parts": {name: asdict(result) for name, result in results.items()}}
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(content, indent=2), "utf-8")
        partial.replace(self._file)


def _call(command: list[str], variables: dict[str, str], log: int, within: float) -> int | None:
    """The command's exit code, None after `within` seconds. It ends with this process, and before ctrl-C does."""
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        return process.wait(within)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(_AFTER_CTRL_C)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        subprocess.run(DOWN, cwd=CHECKOUT, stdout=log, stderr=log, check=False, timeout=300)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
