"""About how long a run still takes, from how long its scenarios took before and how fast they are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from certify.durations import pace

# The first scenarios of a run wait for the cluster, which says nothing about the others.
_A_FEW = 3


class Forecast:
    """`expected` is seconds by test id, `workers` how many scenarios run side by side."""

    def __init__(self, expected: Mapping[str, float], workers: int) -> None:
        self._expected = expected
        self._workers = workers
        self._left: dict[str, None] = {}
        self._measured: dict[str, float] = {}

    def begin(self, nodeids: Iterable[str]) -> None:
        """Say what is to run."""
        self._left = dict.fromkeys(nodeids)

    def finish(self, nodeid: str, seconds: float) -> None:
        """Say what has ended."""
        self._left.pop(nodeid, None)
        self._measured[nodeid] = seconds

    @property
    def done(self) -> int:
        """Return how many have ended."""
        return len(self._measured)

    @property
    def total(self) -> int:
        """Return how many there are."""
        return len(self._left) + self.done

    def seconds_left(self) -> float | None:
        """Return the rest; None before anything has ended, or when nothing is left.

        It is shared out among the workers, but no shorter than the longest scenario of it.
        """
        rate = pace(self._measured, self._expected)
        if rate is None or not self._left:
            return None
        if self.done < _A_FEW:
            rate = 1.0
        usual = median(self._expected.values())
        rest = [self._expected.get(nodeid, usual) for nodeid in self._left]
        return rate * max(sum(rest) / self._workers, *rest)
