"""What a world is made of: the products that a run needs, and where their files are."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.build import disks, golang, images, kernel, tools
from lab.build.step import Step
from lab.build.workshop import Workshop, folder_of

# In the order of their cost: the longest begin first.
_TARGETS = {
    "kernel": kernel.kernel,
    "kubernetes": golang.kubernetes,
    "node_images": disks.node_images_disk,
    "engine_images": images.engine_images,
    "system_disk": disks.system_disk,
    "kind": golang.kind,
    "docker": tools.docker_client,
}


@dataclass(frozen=True)
class Products:
    """Paths of finished products, and the key of all of them together."""

    linux: Path
    hyperkube: Path
    kind: Path
    docker: Path
    system_disk: Path
    node_images_disk: Path
    node_archives: Path
    node_image: Path
    nfs_image: Path
    ganesha_image: Path
    steps: tuple[Step, ...]


def targets() -> dict[str, Step]:
    """The steps whose products a world uses directly."""
    return {name: step() for name, step in _TARGETS.items()}


def build_images(workshop: Workshop) -> None:
    """Make sure of the images that an Engine outside the lab needs to do without a registry."""
    workshop.ensure([golang.kubernetes(), images.node_images(), images.engine_images()])
    golang.drop_compiler_cache()


def missing_tools() -> list[Step]:
    """The steps that make what an Engine outside the lab needs on this host, of programs that are not on the PATH."""
    return [_TARGETS[name]() for name in ("kind", "docker") if shutil.which(name) is None]


def tool(name: str) -> Path:
    """A program that is needed beside an Engine outside the lab: from the PATH, or as it is built."""
    found = shutil.which(name)
    return Path(found) if found else folder_of(_TARGETS[name]()) / name


def build(workshop: Workshop) -> Products:
    """Make sure that everything is there; raises LabError with the step that failed."""
    workshop.ensure(list(targets().values()))
    golang.drop_compiler_cache()
    return products()


def products() -> Products:
    """Where the products are, without looking whether they are there."""
    steps = targets()
    folder = {name: folder_of(step) for name, step in steps.items()}
    return Products(
        linux=folder["kernel"] / "linux",
        hyperkube=folder["kubernetes"] / "hyperkube",
        kind=folder["kind"] / "kind",
        docker=folder["docker"] / "docker",
        system_disk=folder["system_disk"] / "system.img",
        node_images_disk=folder["node_images"] / "images.img",
        node_archives=folder_of(images.node_images()),
        node_image=folder["engine_images"] / "node.tar",
        nfs_image=folder["engine_images"] / "nfs.tar",
        ganesha_image=folder["engine_images"] / "ganesha.tar",
        steps=tuple(steps.values()),
    )
