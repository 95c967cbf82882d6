"""An image of the suite's own provisioner, which makes a directory on an NFS export for each claim of its classes."""

from pathlib import Path

from lab.build.archive import Image, write_archive, write_layer
from lab.build.golang import _module
from lab.build.images import BUILDERS
from lab.build.step import Step
from lab.build.workshop import Job, folder_of

PROVISIONER = "nfs-conformance/provisioner:lab"
_ARCHIVE = "provisioner.tar"


def provisioner() -> Step:
    """Product: `provisioner.tar`, which nodes import."""
    return Step("provisioner-image", _make, needs=(_program(),), sources=(*BUILDERS, Path(__file__)))


def provisioner_archive() -> Path:
    """Where the product is, without looking whether it is there."""
    return folder_of(provisioner()) / _ARCHIVE


def _program() -> Step:
    return _module("provisioner", ["."])


def _make(job: Job) -> None:
    program = job.product("go-provisioner") / "provisioner"
    layer = write_layer(job.scratch / "program.tar", {"/provisioner": program})
    write_archive(job.folder / _ARCHIVE, [Image((PROVISIONER,), (layer,), {"Entrypoint": ["/provisioner"]})])
