"""Writes container images as `docker save` does: an archive that Docker and containerd both load."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Layer:
    """An uncompressed tar file and its SHA-256."""

    file: Path
    digest: str

    @staticmethod
    def of(file: Path) -> "Layer":
        """Take a finished tar file as a layer."""
        with file.open("rb") as content:
            return Layer(file, hashlib.file_digest(content, "sha256").hexdigest())


@dataclass(frozen=True)
class Image:
    """Layers from bottom to top, the names it is known by, and its run configuration (Docker's field names)."""

    names: tuple[str, ...]
    layers: tuple[Layer, ...]
    config: Mapping[str, object] = field(default_factory=dict)

    def description(self) -> bytes:
        """The image's JSON; its SHA-256 is the image id."""
        return json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": EPOCH,
                "config": dict(self.config),
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}" for layer in self.layers]},
                "history": [{"created": EPOCH, "created_by": "nfs-conformance lab"} for _ in self.layers],
            },
            sort_keys=True,
        ).encode()


def write_archive(target: Path, images: Iterable[Image]) -> None:
    """Write the images into one archive; a layer that several share is stored once."""
    manifest, stored = [], set[str]()
    with tarfile.open(target, "w") as archive:
        for image in images:
            description = image.description()
            name = f"{hashlib.sha256(description).hexdigest()}.json"
            _add(archive, name, description)
            for layer in image.layers:
                if layer.digest not in stored:
                    stored.add(layer.digest)
                    archive.add(layer.file, f"{layer.digest}/layer.tar", filter=_plain)
            layers = [f"{layer.digest}/layer.tar" for layer in image.layers]
            manifest.append({"Config": name, "RepoTags": list(image.names), "Layers": layers})
        _add(archive, "manifest.json", json.dumps(manifest).encode())


def write_layer(target: Path, files: Mapping[str, Path | bytes | str], *, executable: Iterable[str] = ()) -> Layer:
    """Write a layer of single files, all root's: `files` maps a path in the image to a file here, to bytes, or to
    the target of a symbolic link (a str). Files are 0644; those in `executable`, and every file that is executable
    here, 0755."""
    runnable = set(executable)
    with tarfile.open(target, "w") as archive:
        for path, content in sorted(files.items()):
            info = tarfile.TarInfo(path.lstrip("/"))
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
                continue
            data = content.read_bytes() if isinstance(content, Path) else content
            is_program = path in runnable or (isinstance(content, Path) and content.stat().st_mode & 0o100)
            info.size, info.mode = len(data), 0o755 if is_program else 0o644
            archive.addfile(info, io.BytesIO(data))
    return Layer.of(target)


def tree(folder: Path) -> dict[str, Path | bytes | str]:
    """All files of a folder as `write_layer` wants them, by their path below it."""
    return {f"/{file.relative_to(folder)}": file for file in sorted(folder.rglob("*")) if file.is_file()}


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = 0
    return info
