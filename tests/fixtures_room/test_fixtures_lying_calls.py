"""lies.c, in a process of this host: each lie is told, and all that it is not about is passed on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.sabotage.about_calls import ABOUT_CALLS
from fixtures.sabotage.calls import library

_PROGRAM = """
import json, os
NO_FILE = 9999
folder = os.open(".", os.O_RDONLY)
seen = {}
file = os.open("ABC", os.O_CREAT | os.O_RDWR, dir_fd=folder)
seen["names"] = sorted(os.listdir("."))
def said(action):
    try:
        return action()
    except OSError as error:
        return os.strerror(error.errno)
seen["exclusive"] = said(lambda: os.open("ABC", os.O_CREAT | os.O_EXCL | os.O_RDWR, dir_fd=folder) > 0)
os.pwrite(file, b"x", (1 << 32) + 5)
seen["size"] = os.fstat(file).st_size
seen["data"] = said(lambda: os.lseek(file, 4096, os.SEEK_DATA) > 0)
os.fchmod(file, 0o640)
seen["mode"] = os.fstat(file).st_mode & 0o777
os.rename("ABC", "new", src_dir_fd=folder, dst_dir_fd=folder)
seen["renamed"] = sorted(os.listdir("."))
full = os.open("/dev/full", os.O_WRONLY)
seen["full"] = said(lambda: os.pwrite(full, b"abc", 0))
seen["synced"] = said(lambda: os.fsync(full))
many = os.open("many", os.O_CREAT | os.O_RDWR, dir_fd=folder)
for number in range(150):
    os.pwrite(many, b"1", number)
os.ftruncate(many, 140)
seen["length"] = os.fstat(many).st_size
os.link("many", "second", src_dir_fd=folder, dst_dir_fd=folder)
seen["links"] = os.fstat(many).st_nlink
seen["owner"] = said(lambda: os.fchown(NO_FILE, 1, 1))
seen["times"] = said(lambda: os.utime(NO_FILE, ns=(1, 1)))
seen["written"] = os.pread(many, 140, 0).count(b"1")
print(json.dumps(seen))
"""
HONEST = {
    "names": ["ABC"],
    "exclusive": "File exists",
    "size": (1 << 32) + 6,
    "data": True,
    "mode": 0o640,
    "renamed": ["new"],
    "full": "No space left on device",
    "synced": "Invalid argument",
    "length": 140,
    "links": 2,
    "owner": "Bad file descriptor",
    "times": "Bad file descriptor",
    "written": 140,
}
TOLD: dict[str, dict[str, object]] = {
    "none": {},
    "many-winners": {"exclusive": True},
    "offsets-wrap": {"size": 6, "data": "No such device or address"},
    "data-is-called-a-hole": {"data": "No such device or address"},
    "names-are-folded": {"names": ["abc"]},
    "files-are-not-truncated": {"length": 150},
    "links-are-copies": {"links": 1},
    "times-are-ignored": {"times": None},
    "owners-are-ignored": {"owner": None},
    "modes-are-ignored": {"mode": 0o700},
    "renames-are-forgotten": {"renamed": ["ABC"]},
    "full-disks-are-kept-secret": {"full": 3},
    "writes-are-lost": {"written": 139},
    "syncs-do-nothing": {"synced": None},
}


@pytest.fixture(scope="module")
def lies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("lies") / "lies.so"
    file.write_bytes(library.build())
    return file


def test_every_lie_has_its_proof_here() -> None:
    assert {lie.calls for lie in ABOUT_CALLS} == TOLD.keys() - {"none"}


@pytest.mark.parametrize("lie", TOLD)
def test_a_lie_is_told_and_no_other(lie: str, lies: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "LIE": lie, "LD_PRELOAD": str(lies)}
    command = ["sh", "-c", 'umask 077; exec "$@"', "sh", sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout) == {**HONEST, **TOLD[lie]}
