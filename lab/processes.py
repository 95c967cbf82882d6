"""Processes of the lab that outlive the command that started them, named so that a reused pid is never mistaken."""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.eventually import eventually

MARK = "NFS_CONFORMANCE_LAB"


def mark() -> dict[str, str]:
    """The environment variable by which every process of this world is found again."""
    return {MARK: str(paths.world_folder())}


def kill_marked() -> int:
    """SIGKILL whatever of this world still runs, recorded or not; returns how many processes that were."""
    return kill_marked_with(MARK, str(paths.world_folder()))


def kill_marked_with(variable: str, value: str) -> int:
    """SIGKILL all other processes that have this variable in their environment; returns how many that were."""
    wanted = f"{variable}={value}".encode()
    killed = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0") and int(folder.name) != os.getpid():
                os.kill(int(folder.name), signal.SIGKILL)
                killed += 1
    return killed


@dataclass(frozen=True)
class ProcessId:
    """A pid and the moment (clock ticks since boot) at which that process began."""

    pid: int
    started: int

    @staticmethod
    def of(pid: int) -> "ProcessId":
        """Raises ProcessLookupError when there is no such process."""
        started = _start_ticks(pid)
        if started is None:
            raise ProcessLookupError(f"no process {pid}")
        return ProcessId(pid, started)

    def save(self, file: Path) -> None:
        """Write it so that a reader sees all of it or none."""
        partial = file.with_suffix(".partial")
        partial.write_text(f"{self.pid} {self.started}")
        partial.rename(file)

    @staticmethod
    def load(file: Path) -> "ProcessId | None":
        """What `save` wrote, or None."""
        try:
            pid, started = file.read_text().split()
            return ProcessId(int(pid), int(started))
        except (FileNotFoundError, ValueError):
            return None

    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        started = _start_ticks(self.pid)
        return started is not None and started == self.started

    def child(self) -> int:
        """The pid of its only child. Raises ProcessLookupError when it has none, or several."""
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except FileNotFoundError:
            children = []
        if len(children) != 1:
            raise ProcessLookupError(f"process {self.pid} has {len(children)} children")
        return int(children[0])

    def kill_group(self, within: float = 10) -> None:
        """SIGKILL the process group that it leads, and wait until it is gone."""
        if not self.alive():
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        eventually(self._gone, what=f"the end of process {self.pid}", within=within, every=0.02)

    def _gone(self) -> bool:
        with contextlib.suppress(ChildProcessError):  # another command's child is reaped by its own parent, or init
            os.waitpid(self.pid, os.WNOHANG)
        return not self.alive()


def _start_ticks(pid: int) -> int | None:
    try:
        # proc_pid_stat(5): the name in parentheses may hold blanks; state is field 3, starttime field 22.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])
