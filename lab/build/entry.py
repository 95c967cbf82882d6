"""A cache entry: complete or absent, never half; damage is noticed before it is used."""

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

MANIFEST = "manifest.json"
CHUNK = 2**20


def seal(folder: Path) -> None:
    """Write the manifest: size, time of change and SHA-256 of every file of a finished product."""
    listing = {str(file.relative_to(folder)): _record(file) for file in _files(folder)}
    (folder / MANIFEST).write_text(json.dumps(listing, indent=0))


def damage(folder: Path) -> str | None:
    """Why the entry cannot be used (a sentence), or None if every file is as it was sealed.

    A file whose size and time of change are as recorded is taken as unchanged; any other is hashed.
    """
    try:
        listing = json.loads((folder / MANIFEST).read_text())
        records = [(name, size, changed, digest) for name, (size, changed, digest) in listing.items()]
    except FileNotFoundError:
        return "it was never finished"
    except (ValueError, TypeError, AttributeError):
        return "its manifest is unreadable"
    for name, size, changed, digest in records:
        file = folder / name
        if not file.is_file():
            return f"{name} is missing"
        status = file.stat()
        if status.st_size != size:
            return f"{name} has {status.st_size} bytes instead of {size}"
        if status.st_mtime_ns != changed and _digest(file) != digest:
            return f"{name} was changed"
    return None


def discard(folder: Path) -> None:
    """Remove an entry; one without its manifest is never taken for complete, so that goes first."""
    (folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and not file.is_symlink()]


def _record(file: Path) -> tuple[int, int, str]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns, _digest(file)


def _digest(file: Path) -> str:
    """SHA-256 over the extents that hold data, each with its place: disk images are mostly holes."""
    digest, position = hashlib.sha256(), 0
    with file.open("rb", buffering=0) as content:
        while (start := _seek(content.fileno(), position, os.SEEK_DATA)) is not None:
            position = _seek(content.fileno(), start, os.SEEK_HOLE) or start
            digest.update(f"{start} {position}\n".encode())
            os.lseek(content.fileno(), start, os.SEEK_SET)
            while start < position and (block := content.read(min(CHUNK, position - start))):
                digest.update(block)
                start += len(block)
    return digest.hexdigest()


def _seek(descriptor: int, position: int, kind: int) -> int | None:
    try:
        return os.lseek(descriptor, position, kind)
    except OSError as error:
        if error.errno == errno.ENXIO:  # no data behind this place
            return None
        raise
