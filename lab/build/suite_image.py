"""The suite as a container image: Debian's Python, the packages that pyproject.toml names, and this checkout."""

import sys
import tomllib
from pathlib import Path

from lab.build import golang, versions
from lab.build.archive import Image, Layer, tree, write_archive, write_layer
from lab.build.images import BUILDERS, FILES, PATH_VARIABLE, root
from lab.build.step import Step
from lab.build.workshop import Job

SUITE = "nfs-conformance/suite:lab"
CHECKOUT = Path(__file__).parents[2]
_PLACE = "/opt/nfs-conformance"
# What runs scenarios and judges them, and what a world is built from.
_PARTS = ("certify", "docs", "examples", "fixtures", "lab", "manifests", "suites")
_FILES = ("conftest.py", "known-failures.toml", "pyproject.toml", "tox.ini")


def packages() -> Step:
    """Product: `packages.tar`, a layer with the Python packages that the suite runs with."""
    wanted = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["dependencies"]
    python = versions.section("suite")["python"]
    return Step("suite-packages", lambda job: _install(job, wanted, python), parameters=[wanted, python])


def suite() -> Step:
    """Product: `suite.tar`, an image that runs the suite of this checkout."""
    files = _checkout()
    return Step(
        "suite-image",
        _make,
        needs=(root("suite"), packages(), golang.kind()),
        sources=(*files.values(), FILES / "suite", *BUILDERS, Path(__file__)),
        parameters=sorted(files),
    )


def _checkout() -> dict[str, Path]:
    """The files of the checkout by their names in it."""
    found = [file for part in _PARTS for file in sorted((CHECKOUT / part).rglob("*")) if file.is_file()]
    names = [*_FILES, *(str(file.relative_to(CHECKOUT)) for file in found if "__pycache__" not in file.parts)]
    return {name: CHECKOUT / name for name in names}


def _install(job: Job, wanted: list[str], python: str) -> None:
    folder = job.scratch / "packages"
    platforms = ["--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64"]
    only = ["--python-version", python, "--implementation", "cp", *platforms, "--only-binary=:all:"]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    job.run([*pip, "--target", folder, *only, *wanted], within=900)
    write_layer(job.folder / "packages.tar", {f"{_PLACE}/packages{path}": file for path, file in tree(folder).items()})


def _make(job: Job) -> None:
    files: dict[str, Path | bytes | str] = {f"{_PLACE}/suite/{name}": file for name, file in _checkout().items()}
    files |= tree(FILES / "suite")
    files["/usr/local/bin/kind"] = job.product("go-kind") / "kind"
    files["/usr/local/bin/python"] = "/usr/bin/python3"
    layers = (
        Layer.of(job.product("root-suite") / "root.tar"),
        Layer.of(job.product("suite-packages") / "packages.tar"),
        write_layer(job.scratch / "suite.tar", files),
    )
    config = {
        "Env": [PATH_VARIABLE, f"PYTHONPATH={_PLACE}/packages", "PYTHONDONTWRITEBYTECODE=1"],
        "WorkingDir": f"{_PLACE}/suite",
        "Cmd": ["python", "-m", "pytest", "suites/"],
    }
    write_archive(job.folder / "suite.tar", [Image((SUITE,), layers, config)])
