"""Builds steps in the order of their needs, two at a time, into the cache."""

import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from lab import paths
from lab.build import entry
from lab.build.step import Step
from lab.errors import LabError
from lab.progress import Reporter

STEPS_AT_ONCE = 2
LOCK_PATIENCE = 3600.0


def builds_folder() -> Path:
    """The cache of finished products."""
    folder = paths.cache_folder() / "builds"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def folder_of(step: Step) -> Path:
    """Where a step's product is, or will be."""
    return builds_folder() / step.entry


class Job:
    """What a step's `make` works with: its folder, the products it needs, and a way to run programs."""

    def __init__(self, step: Step, folder: Path, scratch: Path, log: Path, workshop: "Workshop") -> None:
        self.step = step
        self.folder = folder
        self.scratch = scratch
        self.log = log
        self._workshop = workshop

    def product(self, name: str) -> Path:
        """The folder of a needed step's product."""
        needed = next(need for need in self.step.needs if need.name == name)
        return folder_of(needed)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        within: float,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Run a program with its output in the step's log; `within` seconds. Raises LabError with the log's end."""
        words = [str(word) for word in command]
        with self.log.open("ab") as output:
            output.write(f"\n$ {' '.join(words)}\n".encode())
            output.flush()
            try:
                code = self._workshop.run(words, output.fileno(), within, {**os.environ, **(env or {})}, cwd)
            except LabError as error:
                raise LabError(f"{error}. {self._log_end()}") from error
        if code != 0:
            raise LabError(f"{words[0]} ended with {code}. {self._log_end()}")

    def _log_end(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return "The end of its log:\n  " + "\n  ".join(lines[-12:]) + f"\nThe whole log: {self.log}"


class Workshop:
    """The build cache and what is at work in it."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._builds = builds_folder()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._running_lock = threading.Lock()
        self._closing = threading.Event()
        self._sound: set[str] = set()

    def ensure(self, targets: Sequence[Step]) -> None:
        """Build whatever the targets lack. Raises LabError naming the step, its log and the cause."""
        with self._lock():
            missing = self._missing(targets)
            if missing:
                self._build_all(missing)
                self._prune(targets)

    def is_sound(self, step: Step) -> bool:
        """Whether the product is there and undamaged; a damaged one is removed and named."""
        if step.entry in self._sound:
            return True
        folder = folder_of(step)
        if not folder.exists():
            return False
        why = entry.damage(folder)
        if why is None:
            self._sound.add(step.entry)
            return True
        self._reporter.say(f"cache entry {step.entry} cannot be used, {why}: building it again")
        entry.discard(folder)
        return False

    def run(self, words: Sequence[str], output: int, within: float, env: Mapping[str, str], cwd: Path | None) -> int:
        """Run a program in a process group of its own, so that ctrl-C and deadlines end all of it."""
        if self._closing.is_set():
            raise LabError(f"{words[0]} was not started: the build is ending")
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise LabError(f"{words[0]} is not installed; run: make host-packages") from error
        with self._running_lock:
            self._running.add(process)
        try:
            return process.wait(within)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{words[0]} did not end within {within:g} s") from error
        finally:
            _end_group(process)
            with self._running_lock:
                self._running.discard(process)

    def _missing(self, targets: Sequence[Step]) -> list[Step]:
        found: dict[str, Step] = {}

        def visit(step: Step) -> None:
            if step.entry not in found and not self.is_sound(step):
                for need in step.needs:
                    visit(need)
                found[step.entry] = step

        for target in targets:
            visit(target)
        return list(found.values())

    def _build_all(self, steps: list[Step]) -> None:
        waiting, finished = list(steps), set[str]()
        absent = {step.entry for step in steps}
        futures: dict[Future[None], Step] = {}
        with ThreadPoolExecutor(STEPS_AT_ONCE) as pool:
            try:
                while waiting or futures:
                    for step in [s for s in waiting if all(n.entry not in absent - finished for n in s.needs)]:
                        if len(futures) < STEPS_AT_ONCE:
                            waiting.remove(step)
                            futures[pool.submit(self._build, step)] = step
                    for done in wait(futures, return_when=FIRST_COMPLETED).done:
                        finished.add(futures.pop(done).entry)
                        done.result()
            except BaseException:
                self._end_everything()
                raise

    def _build(self, step: Step) -> None:
        partial = self._builds / f"{step.entry}.partial"
        scratch = self._builds / f"{step.entry}.scratch"
        log = paths.log_folder() / f"{step.name}.log"
        log.unlink(missing_ok=True)
        for folder in (partial, scratch):
            _remove_tree(folder)
            folder.mkdir(parents=True)
        started = time.monotonic()
        with self._reporter.task(f"build {step.name}"):
            try:
                step.make(Job(step, partial, scratch, log, self))
                entry.seal(partial)
                partial.rename(folder_of(step))
            except (OSError, subprocess.SubprocessError, LabError) as error:
                raise LabError(
                    f"building {step.name} failed after {time.monotonic() - started:.0f} s: {error}"
                ) from error
            finally:
                _remove_tree(scratch)
            self._sound.add(step.entry)

    def _prune(self, targets: Sequence[Step]) -> None:
        """Remove products of earlier definitions: the cache holds one entry a step."""
        current = {step.entry for step in _with_needs(targets)}
        names = {step.name for step in _with_needs(targets)}
        for folder in self._builds.iterdir():
            if folder.name not in current and folder.name.rpartition("-")[0] in names:
                entry.discard(folder)

    def _end_everything(self) -> None:
        self._closing.set()
        with self._running_lock:
            for process in self._running:
                _end_group(process)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self._builds / "lock").open("w") as handle:
            deadline = time.monotonic() + LOCK_PATIENCE
            told = False
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not told:
                        self._reporter.say("another process is building the lab; waiting for it")
                        told = True
                    if time.monotonic() > deadline:
                        raise LabError(
                            f"another process has been building for {LOCK_PATIENCE:g} s; end it first"
                        ) from None
                    time.sleep(0.5)
            yield


def _with_needs(steps: Sequence[Step]) -> list[Step]:
    found: list[Step] = []
    for step in steps:
        for each in (*_with_needs(step.needs), step):
            if each not in found:
                found.append(each)
    return found


def _end_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        process.wait(10)


def _remove_tree(folder: Path) -> None:
    if folder.exists():
        subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder)
