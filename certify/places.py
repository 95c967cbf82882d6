"""Where a run reads and writes, by its options."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

KNOWN_FAILURES = "known-failures.toml"


def suites(config: pytest.Config) -> Path:
    """Return the folder of the scenarios."""
    return config.rootpath / "suites"


def names_scenarios(config: pytest.Config) -> bool:
    """Return whether anything below `suites/` was asked for."""
    below = suites(config).resolve()
    paths = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return any(path.resolve().is_relative_to(below) for path in paths)


def reports(config: pytest.Config) -> Path:
    """Return the folder that has a folder for each run."""
    chosen = config.getoption("report_dir")
    return config.invocation_params.dir / chosen if chosen else config.rootpath / "reports"


def known_failures(config: pytest.Config) -> Path:
    """Return the file that was named, which must be there, or the usual one, which need not."""
    named = config.getoption("known_failures")
    if named and not (config.invocation_params.dir / named).exists():
        raise pytest.UsageError(f"--known-failures {named}: there is no such file")
    found: Path = config.invocation_params.dir / named if named else config.rootpath / KNOWN_FAILURES
    return found


def expect_writable(config: pytest.Config) -> None:
    """Raise UsageError where what a run writes could not be written in the end; nothing is left there."""
    for option, folder in _written(config):
        try:
            nearest = next(path for path in (folder, *folder.parents) if path.exists())
            tempfile.TemporaryDirectory(dir=nearest).cleanup()
        except OSError as error:
            raise pytest.UsageError(
                f"{option}: {folder} cannot be written ({error.strerror}), name another folder"
            ) from error


def _written(config: pytest.Config) -> Iterator[tuple[str, Path]]:
    yield "--report-dir", reports(config)
    if junit := config.getoption("xmlpath", None):
        yield "--junitxml", (config.invocation_params.dir / junit).parent
