"""Disks of machines: files of the host."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError


@dataclass(frozen=True)
class Disk:
    """A block device of a machine; with `base`, a copy-on-write file over it; `mount` is where the machine has it."""

    file: Path
    base: Path | None = None
    read_only: bool = False
    mount: str | None = None

    @property
    def mount_options(self) -> str:
        """Without write barriers, as ext4(5) allows for disks with a battery: this one is such a disk. What a machine
        has written to it is in the host's page cache and survives the machine's power cut; only the machine's own
        cache is lost. With barriers every flush would wait for the host's disk, several milliseconds each."""
        return "ro" if self.read_only else "rw,barrier=0"

    def argument(self, letter: str) -> str:
        """The kernel's `ubd` argument."""
        flags = "r" if self.read_only else ""
        files = f"{self.file},{self.base}" if self.base else str(self.file)
        return f"ubd{letter}{flags}={files}"


def copy_sparse(source: Path, target: Path) -> None:
    """Copy a disk image without filling its holes. Raises LabError, a full disk being the usual cause."""
    command = ["cp", "--sparse=always", "--reflink=auto", str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        raise LabError(f"cannot copy a disk: {done.stderr.strip()}")
