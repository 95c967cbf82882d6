"""How many memory mappings the processes of a machine have: each is one process of the host, which allows so many.

User-Mode Linux maps the pages of a process one by one where they are scattered. A process at the limit crashes in odd
places or spins.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from lab.processes import ProcessId

LIMIT = Path("/proc/sys/vm/max_map_count")
# Those with the most memory have the most mappings; to count all would take as long as a scenario.
_LOOKED_AT = 3


@dataclass(frozen=True)
class Mappings:
    """The most that any process of a machine has, and how many the host allows it."""

    most: int
    limit: int


def limit() -> int:
    """The host's vm.max_map_count."""
    return int(LIMIT.read_text())


def most_mappings(machine: ProcessId) -> Mappings:
    """Look at the processes of a machine that is on."""
    kernel = Path(f"/proc/{machine.child()}")
    children = [pid for file in kernel.glob("task/*/children") for pid in file.read_text().split()]
    largest = sorted(children, key=_resident, reverse=True)[:_LOOKED_AT]
    return Mappings(max(map(_count, largest), default=0), limit())


def _resident(pid: str) -> int:
    with contextlib.suppress(OSError, IndexError):  # it has just ended
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0


def _count(pid: str) -> int:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/maps").read_bytes().count(b"\n")
    return 0
