"""How many processes share the scenarios of a run."""

from __future__ import annotations

import pytest


def worker_count(config: pytest.Config) -> int:
    """Return how many workers pytest-xdist was asked for; 0 where the run has but one process, or is a worker."""
    return len(getattr(config.option, "tx", None) or [])
