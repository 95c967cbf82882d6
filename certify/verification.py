"""Verification of a certificate bundle, offline: from its files alone to the reasons for which it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from certify.assessment import assess
from certify.catalogue import Catalogue
from certify.certificate import (
    CERTIFICATE,
    ENVIRONMENT,
    RESULTS,
    SIGNATURE,
    SUMS,
    Certificate,
    bundle,
    digest,
)
from certify.errors import TargetError
from certify.record import Record, Run, read_run
from certify.signing import is_signed_by
from certify.verdict import Outcome, Phase, Verdict, judge, with_known_failure

NAMES = (CERTIFICATE, ENVIRONMENT, "PRODUCT.toml", "README.md", RESULTS, "junit.xml", SUMS)


@dataclass(frozen=True)
class Finding:
    """What verification found: `refusals` name what is wrong; without any the bundle is what it says it is."""

    certificate: Certificate | None
    refusals: tuple[str, ...]


def verify(
    files: Mapping[str, bytes], catalogue: Catalogue, suite_version: str, public_key: bytes | None = None
) -> Finding:
    """Verify the files of a bundle, by name; `public_key` is PEM and demands a signature of its holder."""
    refusals = [*_changed(files), *_unsigned(files, public_key)]
    try:
        certificate = Certificate.model_validate_json(files.get(CERTIFICATE, b""))
    except ValidationError as error:
        return Finding(None, (*refusals, f"{CERTIFICATE} is not a certificate: {error.errors()[0]['msg']}"))
    refusals += _of_another_suite(certificate, catalogue, suite_version)
    if not refusals:
        refusals += _unproved(files, certificate, catalogue)
    return Finding(certificate, tuple(refusals))


def _changed(files: Mapping[str, bytes]) -> Iterator[str]:
    """Files that are not what SHA256SUMS lists."""
    if lacking := [name for name in NAMES if name not in files]:
        yield f"incomplete: {', '.join(lacking)} missing"
    if strange := sorted(set(files) - {*NAMES, SIGNATURE}):
        yield f"{', '.join(strange)} does not belong to a bundle"
    listed = dict(_listed(files.get(SUMS, b"")))
    for name in NAMES:
        if name in files and name != SUMS and digest(files[name]) != listed.get(name):
            yield f"{name} was changed: its SHA-256 is not the one in {SUMS}"


def _listed(text: bytes) -> Iterator[tuple[str, str]]:
    for line in text.decode("utf-8", "replace").splitlines():
        sha256, _, name = line.partition("  ")
        yield name, sha256


def _unsigned(files: Mapping[str, bytes], public_key: bytes | None) -> Iterator[str]:
    if public_key is None:
        return
    if SIGNATURE not in files:
        yield f"not signed: there is no {SIGNATURE}"
    elif not is_signed_by(public_key, files[SIGNATURE], files.get(SUMS, b"")):
        yield f"the signature in {SIGNATURE} is not one of this key's holder for this bundle"


def _of_another_suite(certificate: Certificate, catalogue: Catalogue, suite_version: str) -> Iterator[str]:
    made_by = certificate.suite.get("version", "an unknown version")
    if made_by != suite_version:
        yield f"made by nfs-conformance {made_by}, this is {suite_version}: verify it with the version that made it"
    elif certificate.catalogue_sha256 != digest(catalogue.to_json().encode()):
        yield f"made with other requirements than those of nfs-conformance {suite_version}"


def _unproved(files: Mapping[str, bytes], certificate: Certificate, catalogue: Catalogue) -> Iterator[str]:
    """What the certificate claims and its results do not prove."""
    try:
        run = read_run(files[RESULTS], files[ENVIRONMENT])
        assessment = assess(run, catalogue)
        rebuilt = bundle(run, files[RESULTS], files[ENVIRONMENT], catalogue)
    except (ValueError, KeyError, TypeError, TargetError) as error:
        yield f"{RESULTS} or {ENVIRONMENT} cannot be read: {type(error).__name__}: {error}"
        return
    yield from _edited(run)
    yield from assessment.refusals
    for cell in assessment.missing:
        yield f"required, not proved: {cell.id} on NFS {cell.version} of {cell.server}: {cell.why}"
    if certificate.certified and not assessment.certified:
        yield f"{CERTIFICATE} says certified, its results do not"
    for name, data in rebuilt.items():
        if files[name] != data and name != SUMS:
            yield f"{name} is not what {RESULTS} and {ENVIRONMENT} give: it was edited"


def _edited(run: Run) -> Iterator[str]:
    for record in run.ordered():
        follows = _follows(record)
        if follows is not record.verdict:
            yield f"{record.label}: verdict {record.verdict} was edited, its phases say {follows}"
        elif record.verdict is Verdict.PASSED and not all(check.ok for check in record.checks):
            yield f"{record.label}: verdict PASSED was edited, one of its checks was broken"


def _follows(record: Record) -> Verdict:
    """The verdict that the record's own account of its phases leads to."""
    verdict = judge({Phase(phase): Outcome(outcome) for phase, outcome in record.outcomes.items()})
    return with_known_failure(verdict, sometimes=record.sometimes) if record.known else verdict
