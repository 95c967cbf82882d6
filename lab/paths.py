"""Where the lab keeps things: a cache that survives runs, and the state of the world that is up."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

APPLICATION = "nfs-conformance"
WORLD = "NFS_CONFORMANCE_WORLD"  # number of the world that a process is in; what it starts inherits it


def cache_folder() -> Path:
    """Build products, by content hash; NFS_CONFORMANCE_CACHE overrides the user's cache folder."""
    override = os.environ.get("NFS_CONFORMANCE_CACHE")
    return Path(override) if override else platformdirs.user_cache_path(APPLICATION)


def world_number() -> int:
    """Which of the lab's worlds this process is in, from 1."""
    return int(os.environ.get(WORLD, "1"))


def world_folder() -> Path:
    """This process's world: disks, sockets, certificates and logs (mode 0700)."""
    folder = _world_folder(world_number())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


@contextmanager
def as_in_world(number: int) -> Iterator[None]:
    """Meanwhile this process's world is that one, as far as its folder is concerned."""
    before = world_number()
    os.environ[WORLD] = str(number)
    try:
        yield
    finally:
        os.environ[WORLD] = str(before)


def each_world() -> Iterator[int]:
    """Be `as_in_world` of the first and of all others that have a folder, one after another."""
    others = [int(folder.name.removeprefix("world-")) for folder in cache_folder().glob("world-[0-9]*")]
    for number in [1, *sorted(others)]:
        with as_in_world(number):
            yield number


def log_folder() -> Path:
    """One log file per build step."""
    folder = cache_folder() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _world_folder(number: int) -> Path:
    return cache_folder() / ("world" if number == 1 else f"world-{number}")
