"""What of the suite runs: its version, and the commit of the checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

from certify.version import SUITE_VERSION

_CHECKOUT = Path(__file__).parent.parent
_WHAT_RUNS = ("certify", "fixtures", "lab", "suites", "manifests")


def describe() -> dict[str, str]:
    """Return version, commit and whether files differ from it; without git the last two are "unknown".

    A new file counts where it could be run: a target file of somebody's own beside the checkout's changes nothing.
    """
    commit = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    new = _git("status", "--porcelain", "--untracked-files=all", "--", *_WHAT_RUNS)
    changes = None if changed is None or new is None else changed + new
    return {
        "version": SUITE_VERSION,
        "commit": commit or "unknown",
        "modified": "unknown" if changes is None else ("yes" if changes else "no"),
    }


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", _CHECKOUT, *words], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
