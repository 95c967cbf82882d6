"""What a mirror has besides the images that a lab uses anyway, and a registry to be one."""

from pathlib import Path

from lab.build.archive import Image, Layer, write_archive, write_layer
from lab.build.golang import _module
from lab.build.images import BUILDERS, PATH_VARIABLE, image_names, node_image, node_images, node_needs, root
from lab.build.step import Step
from lab.build.workshop import Job

REGISTRY = "nfs-conformance/registry:lab"
_CONFIG = b"""\
version: 0.1
storage: { filesystem: { rootdirectory: /var/lib/registry } }
http: { addr: "127.0.0.1:5000" }
"""


def mirror_images() -> Step:
    """Product: `node.tar`, a node that has the system's images within it, as the official one does; `recycler.tar`."""
    needs = (*node_needs(), node_images(), root("base"))
    return Step("mirror-images", _make_mirror_images, needs=needs, sources=(*BUILDERS, Path(__file__)))


def registry() -> Step:
    """Product: `registry.tar`, an image of a registry on port 5000 of its host's loopback."""
    program = _module("registry", ["tool"])
    return Step("registry-image", _make_registry, needs=(program,), sources=(*BUILDERS, Path(__file__)))


def _make_mirror_images(job: Job) -> None:
    archive = {"/kind/images/system.tar": job.product("node-images") / "system.tar"}
    write_archive(job.folder / "node.tar", [node_image(job, write_layer(job.scratch / "system.tar", archive))])
    base = Layer.of(job.product("root-base") / "root.tar")
    recycler = Image((image_names().recycler,), (base,), {"Env": [PATH_VARIABLE], "Cmd": ["/bin/sh"]})
    write_archive(job.folder / "recycler.tar", [recycler])


def _make_registry(job: Job) -> None:
    files: dict[str, Path | bytes | str] = {
        "/registry": job.product("go-registry") / "registry",
        "/config.yml": _CONFIG,
    }
    layer = write_layer(job.scratch / "registry.tar", files)
    image = Image((REGISTRY,), (layer,), {"Entrypoint": ["/registry", "serve", "/config.yml"]})
    write_archive(job.folder / "registry.tar", [image])
