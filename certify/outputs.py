"""Everything that is made from a run's results.jsonl and environment.json, written beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certify.assessment import Assessment, assess
from certify.catalogue import published
from certify.certificate import SIGNATURE, SUMS, bundle
from certify.errors import TargetError
from certify.folder import RunFolder
from certify.record import Run
from certify.signing import sign


def write_outputs(folder: RunFolder, key: Ed25519PrivateKey | None = None) -> tuple[Run, Assessment]:
    """Write report.html, junit.xml and certificate/, signed if a key is given; returns the run and its assessment."""
    from certify.render import report_html  # noqa: PLC0415 - templates are of no use to whoever only plans

    run = folder.load()
    catalogue = published()
    assessment = assess(run, catalogue)
    files = bundle(run, folder.results_bytes(), folder.environment.read_bytes(), catalogue)
    if key:
        files[SIGNATURE] = sign(key, files[SUMS])
    _write_bundle(folder.path / "certificate", files)
    (folder.path / "junit.xml").write_bytes(files["junit.xml"])
    (folder.path / "report.html").write_text(report_html(run, assessment, catalogue), "utf-8")
    return run, assessment


def read_bundle(folder: Path) -> dict[str, bytes]:
    """Return the files of a bundle by name; TargetError where there is none."""
    if not folder.is_dir():
        raise TargetError(f"{folder} is no folder: name a bundle, such as reports/latest/certificate")
    if (folder / "certificate").is_dir():
        raise TargetError(f"{folder} is a run's folder: its bundle is {folder / 'certificate'}")
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def _write_bundle(folder: Path, files: Mapping[str, bytes]) -> None:
    """An old signature would speak of other files, so it goes first."""
    folder.mkdir(exist_ok=True)
    (folder / SIGNATURE).unlink(missing_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
