"""Everything there is to run, in parts that each have a result of their own."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from certify.requirement import NFS_VERSIONS
from fixtures.sabotage import SABOTAGES

CHECKOUT = Path(__file__).parents[2]
_SERVERS = ("knfsd", "ganesha")
_LIES_A_PART = 5
_PYTEST = (sys.executable, "-m", "pytest")


@dataclass(frozen=True)
class Part:
    """A command and how many seconds it may take. One that `runs` the suite writes a run, and goes on with it."""

    name: str
    what: str
    command: tuple[str, ...]
    within: float = 5400
    runs: bool = False


def every_part() -> list[Part]:
    """Return the parts in the order of a night: what is short first."""
    return [
        Part("lint", "lint, types, import rules", ("make", "lint")),
        Part("unit", "unit and browser tests", ("make", "unit")),
        Part("build", "kernel, programs and images of the lab", (sys.executable, "-m", "lab", "build")),
        Part("gate", "the first look, three lies, ctrl-C", (*_PYTEST, "tests/gate", "-v")),
        *_runs(),
        _dynamic(),
        *_lies(),
        *_lab_tests(),
    ]


def chosen(patterns: str) -> list[Part]:
    """Return the parts that one of these patterns names, with commas between them; ValueError when one names none."""
    parts, found = every_part(), []
    for pattern in patterns.split(","):
        matching = [part for part in parts if fnmatch(part.name, pattern.strip())]
        if not matching:
            raise ValueError(f"there is no part {pattern}: use {', '.join(part.name for part in parts)}")
        found += [part for part in matching if part not in found]
    return found


def _runs() -> Iterator[Part]:
    for server in _SERVERS:
        for version in NFS_VERSIONS:
            options = ("--engine=lab", "--profile=full", f"--target=examples/{server}.toml", "-n", "2")
            command = (*_PYTEST, "suites/", f"--nfs-versions={version}", *options)
            yield Part(f"full-{server}-{version}", f"all requirements, {server}, NFS {version}", command, runs=True)


def _dynamic() -> Part:
    files = ("suites/dynamic", "suites/volume", "suites/workload", "suites/recovery")
    options = ("--engine=lab", "--profile=full", "--target=examples/provisioner.toml", "-n", "2", "-k", "dynamic")
    return Part("dynamic", "volumes that a class makes, NFS 3 and 4.2", (*_PYTEST, *files, *options), runs=True)


def _lies() -> Iterator[Part]:
    names = list(SABOTAGES)
    for number, first in enumerate(range(0, len(names), _LIES_A_PART), start=1):
        told = names[first : first + _LIES_A_PART]
        tests = [f"tests/sabotage/test_lies_are_found.py::test_lie_is_found[{name}]" for name in told]
        yield Part(f"lies-{number}", f"lies: {', '.join(told)}", (*_PYTEST, "-v", *tests))


def _lab_tests() -> Iterator[Part]:
    for file in sorted((CHECKOUT / "tests" / "lab_world").glob("test_*.py")):
        name = file.stem.removeprefix("test_").replace("_", "-")
        yield Part(f"lab-{name}", f"{file.relative_to(CHECKOUT)}", (*_PYTEST, "-v", str(file.relative_to(CHECKOUT))))
