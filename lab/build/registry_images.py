"""A registry for Engines that pull, and what it is to have besides the images that the lab has anyway."""

from pathlib import Path

from lab.build.archive import write_archive, write_layer
from lab.build.golang import _module
from lab.build.images import BUILDERS, node_image, node_images, node_needs
from lab.build.step import Step
from lab.build.workshop import Job


def registry() -> Step:
    """Product: `registry`, which serves images."""
    return _module("registry", ["tool"])


def node() -> Step:
    """Product: `node.tar`, a node that has the system's images within it, as the official one does."""
    needs = (*node_needs(), node_images())
    return Step("registry-node", _make_node, needs=needs, sources=(*BUILDERS, Path(__file__)))


def _make_node(job: Job) -> None:
    archive = {"/kind/images/system.tar": job.product("node-images") / "system.tar"}
    write_archive(job.folder / "node.tar", [node_image(job, write_layer(job.scratch / "system.tar", archive))])
