"""Container images as Docker and containerd load them."""

import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lab.build.archive import Image, Layer, tree, write_archive, write_layer


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def content(archive: Path) -> dict[str, bytes]:
    """The files of a tar file."""
    with tarfile.open(archive) as opened:
        members = [(member, opened.extractfile(member)) for member in opened.getmembers()]
        return {member.name: file.read() for member, file in members if file and member.isfile()}


def entries(layer: Layer) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(layer.file) as opened:
        return {member.name: member for member in opened.getmembers()}


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Layer, Layer]:
    return (
        write_layer(tmp_path / "bottom.tar", {"/etc/hosts": b"127.0.0.1 localhost\n"}),
        write_layer(tmp_path / "top.tar", {"/bin/sh": "busybox"}),
    )


@pytest.fixture
def image(layers: tuple[Layer, Layer]) -> Image:
    return Image(("demo:1", "demo:latest"), layers, {"Cmd": ["/bin/sh"], "Env": ["A=b"]})


@pytest.fixture
def stored(image: Image, tmp_path: Path) -> dict[str, bytes]:
    """The content of an archive with that one image."""
    write_archive(tmp_path / "demo.tar", [image])
    return content(tmp_path / "demo.tar")


def manifest(stored: dict[str, bytes]) -> list[dict[str, Any]]:
    found = json.loads(stored["manifest.json"])
    assert isinstance(found, list)
    return found


def test_the_manifest_names_image_configuration_and_layers(stored: dict[str, bytes]) -> None:
    (described,) = manifest(stored)
    assert described["RepoTags"] == ["demo:1", "demo:latest"]
    assert set(stored) == {"manifest.json", described["Config"], *described["Layers"]}


def test_the_configuration_is_named_by_its_digest(stored: dict[str, bytes]) -> None:
    (described,) = manifest(stored)
    config = stored[described["Config"]]
    assert described["Config"] == f"{sha256(config)}.json"
    assert json.loads(config)["config"] == {"Cmd": ["/bin/sh"], "Env": ["A=b"]}
    assert (json.loads(config)["os"], json.loads(config)["architecture"]) == ("linux", "amd64")


def test_layers_are_listed_from_bottom_to_top_with_the_digests_of_their_bytes(
    stored: dict[str, bytes], layers: tuple[Layer, Layer]
) -> None:
    (described,) = manifest(stored)
    assert [stored[name] for name in described["Layers"]] == [layer.file.read_bytes() for layer in layers]
    root = json.loads(stored[described["Config"]])["rootfs"]
    assert root == {"type": "layers", "diff_ids": [f"sha256:{sha256(stored[name])}" for name in described["Layers"]]}


def test_a_layer_that_images_share_is_stored_once(layers: tuple[Layer, Layer], tmp_path: Path) -> None:
    write_archive(tmp_path / "two.tar", [Image(("one:1",), layers[:1]), Image(("two:1",), layers)])
    with tarfile.open(tmp_path / "two.tar") as archive:
        names = [name for name in archive.getnames() if name.endswith("layer.tar")]
    assert names == [f"{layer.digest}/layer.tar" for layer in layers]
    one, two = manifest(content(tmp_path / "two.tar"))
    assert (one["Layers"], two["Layers"]) == (names[:1], names)


def test_the_same_image_gives_the_same_archive(image: Image, tmp_path: Path) -> None:
    first, second = tmp_path / "first.tar", tmp_path / "second.tar"
    write_archive(first, [image])
    os.utime(image.layers[0].file, (0, 0))
    write_archive(second, [image])
    assert first.read_bytes() == second.read_bytes()


def test_a_finished_tar_file_is_taken_by_the_digest_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "root.tar").write_bytes(b"any bytes")
    assert Layer.of(tmp_path / "root.tar") == Layer(tmp_path / "root.tar", sha256(b"any bytes"))


@pytest.mark.parametrize(("mode", "wanted"), [(0o600, 0o644), (0o700, 0o755)], ids=["file", "program"])
def test_files_from_this_host_keep_bytes_and_executability(tmp_path: Path, mode: int, wanted: int) -> None:
    (tmp_path / "here").write_bytes(b"bytes")
    (tmp_path / "here").chmod(mode)
    layer = write_layer(tmp_path / "layer.tar", {"/usr/bin/there": tmp_path / "here"})
    (member,) = entries(layer).values()
    assert (member.name, member.mode, member.uid, member.gid) == ("usr/bin/there", wanted, 0, 0)
    assert content(layer.file) == {"usr/bin/there": b"bytes"}


def test_bytes_become_files_and_only_the_named_ones_programs(tmp_path: Path) -> None:
    layer = write_layer(tmp_path / "layer.tar", {"/a": b"1", "/b": b"22"}, executable=["/b"])
    assert {name: (member.size, member.mode) for name, member in entries(layer).items()} == {
        "a": (1, 0o644),
        "b": (2, 0o755),
    }


def test_text_becomes_a_symbolic_link(tmp_path: Path) -> None:
    (link,) = entries(write_layer(tmp_path / "layer.tar", {"/usr/bin/kubectl": "hyperkube"})).values()
    assert link.issym()
    assert (link.name, link.linkname) == ("usr/bin/kubectl", "hyperkube")


def test_a_tree_maps_paths_in_the_image_to_files_here(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "hosts").touch()
    (tmp_path / "init").touch()
    assert tree(tmp_path) == {"/etc/hosts": tmp_path / "etc" / "hosts", "/init": tmp_path / "init"}
