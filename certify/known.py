"""Known failures: what a target is known to get wrong, each with its reason and a link to where it is dealt with."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from certify.errors import TargetError
from certify.requirement import ID_PATTERN, NFS_VERSIONS
from certify.target_section import one_of
from certify.target_words import plainly


class KnownFailure(BaseModel):
    """One entry: on this server and these NFS versions (none: all) one check of the requirement is known to fail.

    `check` is in the words of the check, the first line of the report's message; any other that fails is a new failure.
    `kernel` is how the kernel release of the server's machine begins, e.g. "7.2." (empty: whatever it is). A failure
    that comes `sometimes` is not taken for mended when it passes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=f"^{ID_PATTERN.pattern}$")
    check: str = Field(min_length=1)
    server: str = Field(min_length=1)
    versions: list[Annotated[str, one_of(NFS_VERSIONS)]] = []
    kernel: str = ""
    reason: str = Field(min_length=1)
    link: str = Field(pattern="^https?://")
    sometimes: bool = False

    def covers(self, requirement_id: str, server: str, version: str, kernel: str) -> bool:
        """Return whether the entry speaks of this requirement, server, NFS version and kernel."""
        here = self.id == requirement_id and self.server == server and kernel.startswith(self.kernel)
        return here and (not self.versions or version in self.versions)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    failure: list[KnownFailure] = []


def load(path: Path) -> tuple[KnownFailure, ...]:
    """Read a file of known failures; TargetError names the file and every mistake in it."""
    try:
        return parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(f"known failures {path} cannot be read: {error}") from error
    except TargetError as error:
        raise TargetError(f"known failures {path}: {error}") from error


def parse(text: str) -> tuple[KnownFailure, ...]:
    """Read the text of such a file."""
    try:
        return tuple(_File.model_validate(tomllib.loads(text)).failure)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        if isinstance(error, ValidationError):
            mistakes = [plainly(each, _File) for each in error.errors()]
            raise TargetError("; ".join(mistakes)) from error
        raise TargetError(f"not valid TOML: {error}") from error


def about(
    failures: Sequence[KnownFailure], requirement_id: str, server: str, version: str, kernel: str = ""
) -> tuple[KnownFailure, ...]:
    """Return the entries that speak of this scenario."""
    return tuple(entry for entry in failures if entry.covers(requirement_id, server, version, kernel))


def find(entries: Sequence[KnownFailure], broken: str) -> KnownFailure | None:
    """Return the entry for the check that was `broken`, or None.

    Where nothing was broken ("") it is one whose failure had to come, if there is one, else one that comes sometimes.
    """
    if broken:
        return next((entry for entry in entries if entry.check in broken), None)
    return min(entries, key=lambda entry: entry.sometimes, default=None)
