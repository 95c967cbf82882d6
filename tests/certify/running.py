"""Runs of a small project that are ended in the middle, and what they left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

QUICK = '''
@promise(1)
def test_quick(pytestconfig):
    """It holds."""
    environment(pytestconfig)["kernel"] = "6.1"
'''

SLOW = '''
@promise(2)
def test_slow(evidence):
    """It takes long."""
    evidence.attach("so-far.txt", "half")
    time.sleep(0 if os.environ.get("HURRY") else 60)
'''


@contextmanager
def started(inner: pytest.Pytester, *options: str, stdout: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """Run pytest until its slow scenario is under way and the quick one is written."""
    command = [sys.executable, "-m", "pytest", "suites", *options]
    output = subprocess.PIPE if stdout else subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=inner.path, stdout=output, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 30
        reports = inner.path / "reports"
        while not (list(reports.glob("*/evidence/*/so-far.txt")) and list(reports.glob("*/results.jsonl"))):
            assert time.monotonic() < deadline, "the slow scenario did not start within 30 s"
            time.sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def results(run: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's results.jsonl."""
    return [json.loads(line) for line in (run / "results.jsonl").read_text().splitlines()]
