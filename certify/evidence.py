"""What a scenario shows for its verdict: steps, checks, figures and texts."""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from certify.errors import Violation, shown
from certify.record import Check, Exhibit, Measurement, Step
from certify.redact import redact

Collector = Callable[[], dict[str, str]]

# A check is read in a table cell; whatever is longer belongs into an attachment.
_CELL_LIMIT = 2000
# Longer evidence is named in results.jsonl and stays in its file.
_QUOTE_LIMIT = 16 * 1024


class Evidence:
    """The evidence of one scenario, written into a folder of its own inside the run's folder.

    `run` is the run's folder and `folder` the scenario's, made when the first text is attached.
    """

    def __init__(self, run: Path, folder: Path) -> None:
        self._run = run
        self._folder = folder
        self._began = time.monotonic()
        self._collectors: list[Collector] = []
        self.attached: list[Exhibit] = []
        self.steps: list[Step] = []
        self.checks: list[Check] = []
        self.measured: list[Measurement] = []

    def attach(self, name: str, text: str) -> Path:
        """Write `text`, secrets hidden, under a file name made from `name`, and return the file's path.

        A name used before gets a number: nothing attached is overwritten.
        """
        path = self._unused(re.sub(r"[^A-Za-z0-9._]+", "-", name).strip(".-") or "evidence")
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_text(redact(text), encoding="utf-8")
        self.attached.append(exhibit_of(path, self._run))
        return path

    def extend(self, name: str, text: str) -> None:
        """Append `text`, secrets hidden, to the attachment of this name; the first time it is made."""
        path = self._folder / name
        before = path.read_text("utf-8") if path.exists() else ""
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_text(before + redact(text), encoding="utf-8")
        exhibit = exhibit_of(path, self._run)
        self.attached = [*(other for other in self.attached if other.path != exhibit.path), exhibit]

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Record what the block does: title, start and duration in seconds, whether it went well."""
        start = time.monotonic()
        position = len(self.steps)
        offset = round(start - self._began, 3)
        self.steps.append(Step(redact(title), offset, 0.0, ok=False))
        well = False
        try:
            yield
            well = True
        finally:
            duration = round(time.monotonic() - start, 3)
            self.steps[position] = Step(redact(title), offset, duration, ok=well)

    def expect(self, condition: bool, what: str, *, expected: object, seen: object) -> None:
        """Record a check of the promise `what`; raises Violation if `condition` does not hold."""
        self.checks.append(Check(redact(what), _cell(expected), _cell(seen), ok=condition))
        if not condition:
            raise Violation(what, expected=expected, seen=seen)

    def measure(self, name: str, value: float, unit: str) -> None:
        """Record a figure that is measured and not judged; runs are compared by its name, so keep it.

        The unit `s` is for times of recovery, which the report draws side by side; name others as `changes/s`.
        Raises ValueError for infinity and for what is no number: JSON has neither.
        """
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}: measure a finite number")
        self.measured.append(Measurement(redact(name), round(value, 3), unit))

    def on_failure(self, collector: Collector) -> None:
        """Register a function that is called only if the scenario fails, before its fixtures are torn down.

        It returns texts by name, which are attached. It must bound its own time: nothing interrupts it.
        """
        self._collectors.append(collector)

    def collect(self) -> None:
        """Call every registered collector once; what a collector raises is recorded, never passed on."""
        waiting, self._collectors = self._collectors, []
        for collector in waiting:
            try:
                for name, text in collector().items():
                    self.attach(name, text)
            except Exception as error:
                origin = getattr(collector, "__qualname__", repr(collector))
                self.attach("collector-error.txt", f"{origin} raised {type(error).__name__}: {error}\n")

    def _unused(self, name: str) -> Path:
        path = self._folder / name
        number = 2
        while path.exists():
            path = self._folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
            number += 1
        return path


def exhibit_of(path: Path, run: Path) -> Exhibit:
    """Return the evidence that the file `path` in the run's folder `run` holds."""
    data = path.read_bytes()
    text = data.decode("utf-8", errors="replace") if len(data) <= _QUOTE_LIMIT else None
    return Exhibit(path.relative_to(run).as_posix(), len(data), hashlib.sha256(data).hexdigest(), text)


def _cell(value: object) -> str:
    text = redact(shown(value))
    return text if len(text) <= _CELL_LIMIT else f"{text[:_CELL_LIMIT]}... ({len(text)} characters)"
