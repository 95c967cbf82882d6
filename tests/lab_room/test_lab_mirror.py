"""`python -m lab images`: what is listed, copied, loaded and pushed, and what is said when it cannot be."""

from pathlib import Path

import pytest

from lab import mirror
from lab.__main__ import main
from lab.build.archive import Image, Layer, write_archive
from lab.build.images import image_names
from lab.build.suite_image import SUITE

Output = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one archive of one image with two names."""
    layer = tmp_path / "layer.tar"
    layer.write_bytes(b"")
    saved = tmp_path / "saved"
    saved.mkdir()
    write_archive(saved / "some.tar", [Image(("mysql:9", "nfs/nfs:lab"), (Layer.of(layer),))])
    return saved


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that writes down what it is told, and refuses to push to `closed/`."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {told}\ncase "$2" in closed/*) echo "denied: no basic auth" >&2; exit 1;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return told


def test_every_image_is_listed(capsys: Output) -> None:
    assert main(["images", "list"]) == 0
    said = capsys.readouterr().out
    references = [reference for several in mirror.images().values() for reference in several]
    names = image_names()
    pulled = {names.node, names.nfs, SUITE, names.ganesha, names.mysql, names.recycler, *names.databases.values()}
    assert set(references) == pulled
    assert [line.split()[0] for line in said.splitlines()] == references


def test_archives_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "built" / "workload.tar"
    built.parent.mkdir()
    built.write_text("layers")
    monkeypatch.setattr(mirror, "images", lambda: {built: ("mysql:9",)})
    (copied,) = mirror.save(tmp_path / "new" / "folder")
    assert (copied.name, copied.read_text()) == ("workload.tar", "layers")


def test_archives_are_loaded(folder: Path, docker: Path, capsys: Output) -> None:
    assert main(["images", "load", str(folder)]) == 0
    assert docker.read_text() == f"load --input {folder}/some.tar\n"
    assert capsys.readouterr().out == "loaded mysql:9\nloaded nfs/nfs:lab\n"


def test_images_are_pushed_under_a_prefix(folder: Path, docker: Path) -> None:
    assert main(["images", "load", str(folder), "--prefix", "mirror.example.org/k/"]) == 0
    assert docker.read_text().splitlines()[1:3] == [
        "tag mysql:9 mirror.example.org/k/mysql:9",
        "push mirror.example.org/k/mysql:9",
    ]


def test_what_cannot_be_loaded_is_named(folder: Path, docker: Path, tmp_path: Path, capsys: Output) -> None:
    assert main(["images", "load", str(folder), "--prefix", "closed/"]) == 1
    assert "docker push closed/mysql:9: denied: no basic auth" in capsys.readouterr().err
    (folder / "some.tar").write_text("no archive")
    assert main(["images", "load", str(folder)]) == 1
    assert "some.tar is no image archive" in capsys.readouterr().err
    assert main(["images", "load", str(tmp_path / "empty")]) == 1
    assert "holds no image archives; make them with" in capsys.readouterr().err
    assert docker.exists()
