"""Cache entries: every kind of damage is named, and nothing else is taken for damage."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.build import entry

HOUR = 3600 * 10**9
DISK_SIZE = 20 * 2**30  # as the machines' disks have it: reading its holes would take seconds


def touch(file: Path) -> None:
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + HOUR))


def rewrite(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    touch(file)


def write_disk(file: Path, position: int) -> None:
    with file.open("wb") as disk:
        disk.truncate(DISK_SIZE)
        disk.seek(position)
        disk.write(b"data")


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """A sealed entry with a file at its top, one further down and a link."""
    folder = tmp_path / "product"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "program").write_bytes(b"12345")
    (folder / "packages.txt").write_text("one\n")
    (folder / "link").symlink_to("bin/program")
    entry.seal(folder)
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The sparse file of a sealed entry."""
    file = tmp_path / "product" / "system.img"
    file.parent.mkdir()
    write_disk(file, 2**30)
    entry.seal(file.parent)
    return file


def test_a_sealed_entry_is_sound(product: Path) -> None:
    assert entry.damage(product) is None


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(lambda f: (f / entry.MANIFEST).unlink(), ["never finished"], id="no manifest"),
        pytest.param(shutil.rmtree, ["never finished"], id="no folder"),
        pytest.param(
            lambda f: (f / entry.MANIFEST).write_text('{"bin'), ["manifest", "unreadable"], id="torn manifest"
        ),
        pytest.param(lambda f: (f / entry.MANIFEST).write_bytes(b"\xff"), ["manifest", "unreadable"], id="no text"),
        pytest.param(lambda f: (f / "bin/program").unlink(), ["bin/program", "missing"], id="no file"),
        pytest.param(
            lambda f: ((f / "bin/program").unlink(), (f / "bin/program").mkdir()),
            ["bin/program", "missing"],
            id="a folder in its place",
        ),
        pytest.param(
            lambda f: (f / "bin/program").write_bytes(b"1234"), ["bin/program", "4 bytes", "of 5"], id="wrong size"
        ),
        pytest.param(lambda f: rewrite(f / "bin/program", b"1234x"), ["bin/program", "changed"], id="same size"),
    ],
)
def test_damage_is_named(product: Path, spoil: Callable[[Path], object], words: list[str]) -> None:
    spoil(product)
    why = entry.damage(product)
    assert why is not None
    assert [word for word in words if word not in why] == []


def test_a_file_with_another_time_but_the_same_bytes_is_sound(product: Path) -> None:
    touch(product / "bin" / "program")
    assert entry.damage(product) is None


def test_a_sparse_file_with_another_time_but_the_same_bytes_is_sound(disk: Path) -> None:
    touch(disk)
    assert entry.damage(disk.parent) is None


@pytest.mark.parametrize(("position", "content"), [(2**30, b"DATA"), (2**31, b"more")], ids=["data", "hole"])
def test_a_changed_sparse_file_is_damage(disk: Path, position: int, content: bytes) -> None:
    with disk.open("r+b") as image:
        image.seek(position)
        image.write(content)
    touch(disk)
    assert entry.damage(disk.parent) == "system.img was changed"


def test_data_that_moved_within_a_sparse_file_is_damage(disk: Path) -> None:
    write_disk(disk, 2**31)
    touch(disk)
    assert entry.damage(disk.parent) == "system.img was changed"


def test_a_discarded_entry_is_gone(product: Path) -> None:
    entry.discard(product)
    assert not product.exists()
    entry.discard(product)  # and may be discarded again


def test_an_entry_that_is_half_discarded_is_never_taken_for_complete(
    product: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    entry.discard(product)
    assert entry.damage(product) == "it was never finished"
