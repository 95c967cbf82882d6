"""What is up, on disk: enough to join it, to reuse it and to end it, whoever started it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from lab import paths
from lab.errors import LabError
from lab.processes import ProcessId

_ELSEWHERE = "name a folder that can be written in NFS_CONFORMANCE_CACHE"
_IN_USE = (
    "the lab is in use by {owner}: wait for it or end it, or give this run a lab of its own with another folder in "
    "NFS_CONFORMANCE_CACHE"
)


@dataclass(frozen=True)
class State:
    """`holder` keeps the namespaces open; `key` names what the world was built from; sizes in MiB."""

    holder_pid: int
    holder_started: int
    key: str
    recipe: str
    cluster_memory: int
    storage_memory: int
    cluster_cpu: int
    storage_cpu: int
    golden: dict[str, str | None]

    @property
    def holder(self) -> ProcessId:
        """The process that holds the namespaces."""
        return ProcessId(self.holder_pid, self.holder_started)

    def save(self) -> None:
        """Write it so that a reader sees all of it or none."""
        partial = _file().with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=2))
        partial.chmod(0o600)
        partial.rename(_file())


def load() -> State | None:
    """The recorded world, or None; one whose holder is gone counts as none."""
    try:
        state = State(**json.loads(_file().read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return state if state.holder.alive() else None


@contextmanager
def exclusive(purpose: str) -> Iterator[None]:
    """Hold the world for this process. Raises LabError naming the process that has it."""
    handle = take(purpose)
    try:
        yield
    finally:
        os.close(handle)


def take(purpose: str, name: str = "world.lock", refusal: str = _IN_USE) -> int:
    """Lock a world until the returned descriptor is closed or the process ends; LabError names the `{owner}`."""
    file = paths.cache_folder() / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LabError(f"{file} cannot be made ({error.strerror}): {_ELSEWHERE}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
        os.close(handle)
        raise LabError(refusal.format(owner=owner)) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"process {os.getpid()} ({purpose})".encode(), 0)
    return handle


def _file() -> Path:
    return paths.world_folder() / "state.json"
