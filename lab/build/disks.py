"""Disks of the machines: the system they boot from, and the read-only disk with the nodes' images."""

import os
from collections.abc import Sequence
from pathlib import Path

from lab.build import images
from lab.build.step import Step
from lab.build.workshop import Job

FILES = Path(__file__).parents[1] / "images"
THIS_FILE = Path(__file__)
SYSTEM_DISK_SIZE = "20G"  # sparse: what the machine never wrote takes no room


def system_disk() -> Step:
    """Product: `system.img`, an ext4 file system with the machine's Debian and its first process."""
    return Step(
        "disk-system",
        _make_system_disk,
        needs=(images.root("machine"),),
        sources=(FILES / "machine", THIS_FILE),
    )


def node_images_disk() -> Step:
    """Product: `images.img`, an ext4 file system with the archives that nodes import."""
    return Step("disk-node-images", _make_node_images_disk, needs=(images.node_images(),), sources=(THIS_FILE,))


def _make_system_disk(job: Job) -> None:
    content, target = job.scratch / "system", job.folder / "system.img"
    content.mkdir()
    script = (
        'set -e; tar -xf "$1/root.tar" -C "$2"; cp -r --preserve=mode "$3/." "$2/"; mkdir -p "$2/dev"; '
        'mke2fs -q -t ext4 -L system -d "$2" -E lazy_itable_init=1,lazy_journal_init=1 -m 0 "$4" "$5"; rm -rf "$2"'
    )
    arguments = [job.product("root-machine"), content, FILES / "machine", target, SYSTEM_DISK_SIZE]
    job.run(as_root(["sh", "-c", script, "sh", *map(str, arguments)]), within=600)


def _make_node_images_disk(job: Job) -> None:
    archives = job.product("node-images")
    size = sum(file.stat().st_size for file in archives.glob("*.tar"))
    megabytes = size // 2**20 * 11 // 10 + 64
    job.run(
        [
            "mke2fs",
            "-q",
            "-t",
            "ext4",
            "-L",
            "node-images",
            "-O",
            "^has_journal",
            "-m",
            "0",
            "-d",
            archives,
            job.folder / "images.img",
            f"{megabytes}M",
        ],
        within=300,
    )


def as_root(command: Sequence[str]) -> list[str]:
    """The command as root of a user namespace that maps this user's subordinate ids; as it is for root."""
    if os.geteuid() == 0:
        return list(command)
    return ["unshare", "--user", "--map-root-user", "--map-auto", "--", *command]
