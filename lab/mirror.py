"""Images for Engines and nodes that pull from nowhere else: as archives, and their way into a mirror."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

from lab.build import plan
from lab.build.images import image_names
from lab.build.registry_images import mirror_images
from lab.build.suite_image import SUITE, suite
from lab.build.workshop import Workshop, folder_of
from lab.errors import LabError

PLATFORM = "linux/amd64"
_PUSH = 1800  # seconds for one image over a slow line


def images() -> dict[Path, tuple[str, ...]]:
    """The archives that the build makes, and the references of the images in each."""
    names, products, besides = image_names(), plan.products(), folder_of(mirror_images())
    return {
        folder_of(suite()) / "suite.tar": (SUITE,),
        besides / "node.tar": (names.node,),
        besides / "recycler.tar": (names.recycler,),
        products.ganesha_image: (names.ganesha,),
        products.node_archives / "workload.tar": (names.nfs, names.mysql),
        products.node_archives / "databases.tar": tuple(names.databases.values()),
    }


def build(workshop: Workshop) -> None:
    """Make sure of the archives."""
    workshop.ensure([mirror_images(), suite()])
    plan.build_images(workshop)


def save(folder: Path) -> list[Path]:
    """Copy the archives, which are there, into a folder."""
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
