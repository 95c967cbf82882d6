"""Where the lab keeps things: a cache that survives runs, and the state of the world that is up."""

import os
from pathlib import Path

import platformdirs

APPLICATION = "nfs-conformance"


def cache_folder() -> Path:
    """Build products, by content hash; NFS_CONFORMANCE_CACHE overrides the user's cache folder."""
    override = os.environ.get("NFS_CONFORMANCE_CACHE")
    return Path(override) if override else platformdirs.user_cache_path(APPLICATION)


def world_folder() -> Path:
    """The running world's disks, sockets, certificates and logs (mode 0700)."""
    folder = cache_folder() / "world"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def log_folder() -> Path:
    """One log file per build step."""
    folder = cache_folder() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
