"""How slow the world of a run was, so that durations of different days and machines can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean
from typing import Any

# In the facts of a run: for each worker what was timed in its world.
SPEED = "speed of the world"
SLOWNESS = "slowness"


def slowness_of(facts: Mapping[str, Any]) -> float | None:
    """Return how many times as slow as a fast world a run's worlds were; None where none was timed."""
    timed = [world[SLOWNESS] for world in facts.get(SPEED, {}).values()]
    return mean(timed) if timed else None
