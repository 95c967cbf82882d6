"""Golden disks: a machine's system disk with everything loaded, kept in the cache and booted copy-on-write."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.build import entry
from lab.build.step import Step
from lab.machine import Machine


@dataclass(frozen=True)
class Golden:
    """The golden disk of one machine; its key covers every product and recipe that went into it."""

    machine: str
    key: str

    @staticmethod
    def of(machine: str, steps: Sequence[Step], recipe: str) -> "Golden":
        """`recipe` is whatever else was done to the machine: the cluster's configuration, for one."""
        text = "\n".join([machine, recipe, *[step.entry for step in steps]])
        return Golden(machine, hashlib.sha256(text.encode()).hexdigest()[:16])

    @property
    def folder(self) -> Path:
        """Its entry in the cache."""
        return paths.cache_folder() / "builds" / f"golden-{self.machine}-{self.key}"

    @property
    def disk(self) -> Path:
        """The image that machines boot from."""
        return self.folder / "system.img"

    def usable(self) -> bool:
        """Whether it is there and undamaged; a damaged one is removed."""
        if not self.folder.exists():
            return False
        if entry.damage(self.folder) is None:
            return True
        self.discard()
        return False

    def discard(self) -> None:
        """Remove it: a machine that boots from it does not come up."""
        entry.discard(self.folder)

    def save(self, machine: Machine) -> None:
        """Take the running machine's disk as it is now; earlier golden disks of the machine go."""
        partial = self.folder.with_name(f"partial-{self.folder.name}")
        for abandoned in partial.parent.glob(f"partial-golden-{self.machine}-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            machine.snapshot(partial / "system.img")
            entry.seal(partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        for old in self.folder.parent.glob(f"golden-{self.machine}-*"):
            entry.discard(old)
        partial.rename(self.folder)
