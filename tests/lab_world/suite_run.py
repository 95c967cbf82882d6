"""Runs of the real suite in the real lab, as a user starts them, and what they left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.eventually import eventually

CHECKOUT = Path(__file__).parents[2]
ONE_SCENARIO = ("suites/mount/test_client_mounts_an_export.py", "--nfs-versions", "4.2")
WHOLE_SUITE = 2700  # seconds, building as a new user and a cluster made afresh included
SHORT_RUN = 600
AFTER_CTRL_C = 120


@dataclass(frozen=True)
class Finished:
    """A run that has ended: its exit code, what it printed, and the folder of its reports."""

    code: int
    output: str
    reports: Path

    @property
    def results(self) -> list[dict[str, str]]:
        """The lines of results.jsonl."""
        file = self.reports / "latest" / "results.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def ids(self, verdict: str) -> set[str]:
        """Requirements, without their common prefix, that have this verdict in at least one variant."""
        return {line["id"].removeprefix("NFSK8S-") for line in self.results if line["verdict"] == verdict}


def run_suite(
    reports: Path,
    *arguments: str,
    within: float = SHORT_RUN,
    prefix: Sequence[str] = (),
    python: str = sys.executable,
) -> Finished:
    """Run scenarios to their end; `prefix` is a command that changes the world around them first."""
    with started(reports, *arguments, prefix=prefix, python=python) as process:
        output, _ = process.communicate(timeout=within)
        return Finished(process.returncode, output, reports)


@contextmanager
def started(
    reports: Path, *arguments: str, prefix: Sequence[str] = (), python: str = sys.executable
) -> Iterator[subprocess.Popen[str]]:
    """A run under way in a process group of its own, as a terminal starts it; ended whatever happens."""
    process = subprocess.Popen(
        [*prefix, python, "-m", "pytest", "--engine=lab", f"--report-dir={reports}", *arguments],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        if process.stdout:
            process.stdout.close()


def lab(
    command: str, *, within: float = 300, prefix: Sequence[str] = (), python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """`python -m lab COMMAND`."""
    return subprocess.run(
        [*prefix, python, "-m", "lab", command],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=within,
    )


def leftovers(cache: Path | None = None) -> list[str]:
    """Processes that name a world's folder in their command or environment, and files in such folders."""
    cache = cache or paths.cache_folder()
    wanted = os.fsencode(cache / "world")  # and world-2, ...
    found = [str(file) for world in cache.glob("world*") if world.is_dir() for file in world.rglob("*")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is another user's
        if wanted in command or wanted in environment:
            found.append(f"process {process.name}: {os.fsdecode(command.replace(bytes(1), b' '))}")
    return found


def expect_nothing_left(cache: Path | None = None) -> None:
    """Ended processes may take a moment to be reaped."""
    eventually(lambda: leftovers(cache), until=lambda left: not left, what="nothing of the lab to be left", within=10)
