"""Progress on long work: a live line for each step on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_REFRESH = 0.1  # seconds


class Reporter:
    """Tells a person what is going on; safe to use from several threads.

    It has a thread of its own only while a task runs: who enters the lab's namespaces must have no other (setns(2)).
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            auto_refresh=False,
        )

    def __enter__(self) -> "Reporter":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:  # stopping what was never started prints an empty line
            self._live.stop()

    def say(self, text: str) -> None:
        """One line, kept on the screen."""
        self._console.print(text, markup=False)

    @contextmanager
    def task(self, title: str) -> Iterator[None]:
        """Announce work, and its time when it is done."""
        started = time.monotonic()
        live = self._live.add_task(title) if self._console.is_terminal else None
        if live is None:
            self.say(f"{title} ...")
        try:
            with self._moving():
                yield
            self.say(f"{title}: done in {duration(time.monotonic() - started)}")
        finally:
            if live is not None:
                self._live.remove_task(live)

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """Keep the live lines of a terminal up to date."""
        if not self._console.is_terminal:
            yield
            return
        done = threading.Event()

        def refresh() -> None:
            while not done.wait(_REFRESH):
                self._live.refresh()

        thread = threading.Thread(target=refresh, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def duration(seconds: float) -> str:
    """`4.2 s`, `3 min 12 s`."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
