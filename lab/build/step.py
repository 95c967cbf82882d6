"""A build step: what it depends on, and the key under which its product is cached."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.build.workshop import Job


@dataclass(frozen=True)
class Step:
    """One product: `make(job)` writes it into `job.folder`.

    The key covers the name, the parameters, the bytes of every source file and the keys of the steps
    it needs, so a product is rebuilt when and only when something that went into it has changed.
    """

    name: str
    make: Callable[["Job"], None]
    needs: tuple["Step", ...] = ()
    sources: tuple[Path, ...] = ()
    parameters: object = None
    _memo: dict[str, str] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits."""
        if "key" not in self._memo:
            self._memo["key"] = self._compute_key()
        return self._memo["key"]

    @property
    def entry(self) -> str:
        """The folder name in the cache."""
        return f"{self.name}-{self.key}"

    def _compute_key(self) -> str:
        digest = hashlib.sha256(self.name.encode())
        digest.update(json.dumps(self.parameters, sort_keys=True).encode())
        for source in self.sources:
            for file in files_below(source):
                digest.update(f"{file.relative_to(source.parent)} {file.stat().st_mode & 0o111:o}\n".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
        for need in self.needs:
            digest.update(need.key.encode())
        return digest.hexdigest()[:16]


def files_below(path: Path) -> list[Path]:
    """The file itself, or every file below a folder, sorted. Raises FileNotFoundError when there is neither."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is a source of a build step and is missing")
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
