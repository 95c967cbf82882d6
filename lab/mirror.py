"""Images for nodes that pull from nowhere else: what pods need, as archives, and their way into a mirror."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

from lab.build import plan
from lab.build.images import image_names
from lab.errors import LabError

PLATFORM = "linux/amd64"
_PUSH = 1800  # seconds for one image over a slow line


def images() -> dict[Path, tuple[str, ...]]:
    """The archives that the build makes, and the references of the images in each."""
    names, folder = image_names(), plan.products().node_archives
    return {
        folder / "workload.tar": (names.nfs, names.mysql),
        folder / "databases.tar": tuple(names.databases.values()),
    }


def save(folder: Path) -> list[Path]:
    """Copy the archives, which are built, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(archive, folder)) for archive in images()]


def load(folder: Path, prefix: str, say: Callable[[str], object]) -> None:
    """Load the archives of a folder into the environment's Engine; with a prefix, push them there under it.

    Raises LabError when the folder has no archives, or with the last words of docker.
    """
    archives = sorted(folder.glob("*.tar"))
    if not archives:
        raise LabError(f"{folder} holds no image archives; make them with: python -m lab images save {folder}")
    for archive in archives:
        _docker("load", "--input", str(archive))
        for reference in _references(archive):
            if prefix:
                _docker("tag", reference, prefix + reference)
                _docker("push", prefix + reference)
            say(f"{'pushed' if prefix else 'loaded'} {prefix}{reference}")


def _references(archive: Path) -> list[str]:
    try:
        with tarfile.open(archive) as content:
            manifest = content.extractfile("manifest.json")
            entries = json.load(manifest) if manifest else []
    except (tarfile.TarError, KeyError, ValueError, OSError) as error:
        raise LabError(f"{archive} is no image archive: {error}") from error
    return [reference for entry in entries for reference in entry["RepoTags"]]


def _docker(*words: str) -> None:
    program = shutil.which("docker") or str(plan.products().docker)
    try:
        done = subprocess.run(
            [program, *words], env=os.environ, capture_output=True, text=True, timeout=_PUSH, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"docker {' '.join(words)} took longer than {_PUSH} s") from error
    except OSError as error:
        raise LabError(f"docker cannot be run: {error.strerror}; run: python -m lab build") from error
    if done.returncode:
        raise LabError(f"docker {' '.join(words)}: {done.stderr.strip()[-500:]}")
