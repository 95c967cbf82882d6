"""Debian packages: from the mirror that this host already uses, without touching the host's own package state."""

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from lab import paths
from lab.build import versions
from lab.build.workshop import Job
from lab.errors import LabError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_apt_lock = threading.Lock()

# Stand in hooks for folders of this host: a product's key is the same on every host.
FILES, PRODUCT = "@FILES@", "@PRODUCT@"

# Documentation and translations: a third of a small image.
SLIM = [
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
]


@cache
def mirror() -> str:
    """The archive that apt on this host installs Debian from; NFS_CONFORMANCE_DEBIAN_MIRROR overrides."""
    if override := os.environ.get("NFS_CONFORMANCE_DEBIAN_MIRROR"):
        return override
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    ).stdout
    for line in listing.splitlines():
        origin, _, uri = line.partition(" ")
        if origin == "Debian" and "security" not in uri:
            return uri
    raise LabError(
        "no Debian archive is configured on this host: run 'apt-get update', "
        "or name a mirror in the environment variable NFS_CONFORMANCE_DEBIAN_MIRROR"
    )


def fetch(job: Job, packages: Sequence[str], suite: str) -> list[Path]:
    """Download packages (no dependencies) into the step's scratch folder; their versions go to packages.txt."""
    with _apt_lock:
        options = _private_apt(suite)
        lists = paths.cache_folder() / "apt" / suite / "state" / "lists"
        if not any(lists.glob("*_Packages*")):
            job.run(["apt-get", *options, "update"], within=300)
        wanted = [f"{package}/{suite}" for package in packages]
        try:
            job.run(["apt-get", *options, "download", *wanted], within=900, cwd=job.scratch)
        except LabError:
            # The archive moves: a list from an earlier day may name a version that is gone.
            job.run(["apt-get", *options, "update"], within=300)
            try:
                job.run(["apt-get", *options, "download", *wanted], within=900, cwd=job.scratch)
            except LabError as error:
                raise LabError(
                    f"{', '.join(packages)} cannot be had from Debian {suite}; if a package is gone there, "
                    f"name its successor in {versions.FILE} ([{job.step.name}] and its like). {error}"
                ) from error
    debs = sorted(job.scratch.glob("*.deb"))
    (job.folder / "packages.txt").write_text("".join(f"{deb.name}\n" for deb in debs))
    return debs


def unpack(job: Job, packages: Sequence[str], suite: str, folder: Path) -> None:
    """Download packages and unpack their files into `folder`; no maintainer script runs."""
    for deb in fetch(job, packages, suite):
        job.run(["dpkg-deb", "-x", deb, folder], within=300)


def root_filesystem(job: Job, name: str, *, hooks: Sequence[str] = (), files: Path | None = None) -> None:
    """Install the packages of a section of versions.toml as a root file system, `root.tar` in the step's folder.

    `hooks` are mmdebstrap's customize hooks: shell lines run as root of the new system with its folder as $1, or a
    special hook such as `download`. In them FILES stands for the folder `files`, PRODUCT for the step's own.
    """
    places = {PRODUCT: str(job.folder), FILES: str(files)}
    section = versions.section(name)
    target = job.folder / "root.tar"
    command = [
        "mmdebstrap",
        "--variant=essential",
        "--architectures=amd64",
        f"--include={','.join(section['packages'])}",
        '--aptopt=Acquire::Check-Valid-Until "false"',
        '--aptopt=APT::Install-Recommends "false"',
        *[f"--dpkgopt=path-exclude={pattern}" for pattern in SLIM],
        "--skip=output/dev",
        '--customize-hook=chroot "$1" dpkg-query -W > "$1/packages.txt"',
        *[f"--customize-hook={_with_places(hook, places)}" for hook in hooks],
        section["suite"],
        str(target),
        *map(_source_line, _suites(section)),
    ]
    try:
        job.run(command, within=900, env={"TMPDIR": str(job.scratch), "LC_ALL": "C.UTF-8"})
    except LabError as error:
        raise LabError(f"{error}\nIf a package is gone, change [{name}] in {versions.FILE}") from error


def _with_places(hook: str, places: Mapping[str, str]) -> str:
    for mark, folder in places.items():
        hook = hook.replace(mark, folder)
    return hook


def _suites(section: Mapping[str, Any]) -> list[str]:
    """The section's suite, and those that packages written as `name/suite` come from."""
    others = {suite for _, _, suite in (package.partition("/") for package in section["packages"])} - {""}
    return [section["suite"], *sorted(others)]


def _source_line(suite: str) -> str:
    return f"deb [signed-by={KEYRING}] {mirror()} {suite} main"


def _private_apt(suite: str) -> list[str]:
    """Options that give apt a state of its own below the cache, one a suite."""
    root = paths.cache_folder() / "apt" / suite
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    (root / "sources.list").write_text(_source_line(suite) + "\n")
    settings = {
        "Dir::State": root / "state",
        "Dir::State::status": root / "status",
        "Dir::Cache": root / "cache",
        "Dir::Etc::SourceList": root / "sources.list",
        "Dir::Etc::SourceParts": "/nonexistent",
        "APT::Sandbox::User": "",
        "Acquire::Check-Valid-Until": "false",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
