"""A world that hangs somewhere is no witness against a server, and no later run uses it: its folder says why."""

from pathlib import Path

_FILE = "spoiled"


def spoil(folder: Path, why: str) -> None:
    """Note in a world's folder why it is of no use any more."""
    (folder / _FILE).write_text(f"{why}\n")


def spoiled(folder: Path) -> str:
    """What was noted in a world's folder, "" when all is well."""
    file = folder / _FILE
    return file.read_text().strip() if file.exists() else ""


def forget(folder: Path) -> None:
    """Another world is there now, or another run."""
    (folder / _FILE).unlink(missing_ok=True)
