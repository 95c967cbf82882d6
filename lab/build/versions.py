"""Reads lab/versions.toml, the one list of what the lab is made of."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "versions.toml"


@cache
def versions() -> dict[str, dict[str, Any]]:
    """All sections of the file."""
    return tomllib.loads(FILE.read_text())


def section(name: str) -> dict[str, Any]:
    """One section, such as `kernel`."""
    return versions()[name]
