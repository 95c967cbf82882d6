"""The certificate: what a run proves, in a form that programs read and that anyone can check again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field

from certify.assessment import Assessment, assess
from certify.catalogue import Catalogue
from certify.junit import junit_xml
from certify.profile import PROFILES
from certify.record import Run
from certify.target import Product, Target
from certify.verdict import Verdict

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
RESULTS = "results.jsonl"
ENVIRONMENT = "environment.json"
CERTIFICATE = "certificate.json"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Judgement(_Model):
    """One requirement on one NFS version of one server; `verdict` is null when nothing ran."""

    id: str
    nfs_version: str
    server: str
    required: bool
    verdict: Verdict | None


class Missing(_Model):
    """Something that the profile demands and that the run did not prove."""

    id: str
    nfs_version: str
    server: str
    why: str


class Certificate(_Model):
    """certificate.json; `certified` only if every required judgement is PASSED and nothing speaks against the run."""

    format: Literal[1] = 1
    certified: bool
    profile: str
    product: Product
    server: str
    nfs_versions: list[str]
    features: list[str]
    run: str
    started_at: str
    finished_at: str
    suite: Mapping[str, str] = Field(description="version, commit and whether files differ from it")
    catalogue_sha256: str = Field(description="of docs/requirements.json")
    required: int
    passed: int
    missing: list[Missing]
    objections: list[str] = Field(description="why the run cannot certify whatever its verdicts are")
    requirements: list[Judgement]


def certificate_of(run: Run, assessment: Assessment, catalogue: Catalogue) -> Certificate:
    """Return what the run proves."""
    target = assessment.target
    return Certificate(
        certified=assessment.certified,
        profile=assessment.profile,
        product=target.product,
        server=target.server.kind,
        nfs_versions=target.nfs.versions,
        features=sorted(target.features),
        run=run.info.name,
        started_at=run.info.started_at,
        finished_at=run.info.finished_at,
        suite=dict(sorted(run.info.suite.items())),
        catalogue_sha256=digest(catalogue.to_json().encode()),
        required=assessment.required,
        passed=assessment.required - len(assessment.missing),
        missing=[
            Missing(id=cell.id, nfs_version=cell.version, server=cell.server, why=cell.why)
            for cell in assessment.missing
        ],
        objections=list(assessment.refusals),
        requirements=[
            Judgement(
                id=cell.id,
                nfs_version=cell.version,
                server=cell.server,
                required=cell.required,
                verdict=cell.verdict,
            )
            for cell in assessment.cells
        ],
    )


def bundle(run: Run, results: bytes, environment: bytes, catalogue: Catalogue) -> dict[str, bytes]:
    """Return the files of the certificate bundle by name; `results` and `environment` are the run's own files."""
    assessment = assess(run, catalogue)
    certificate = certificate_of(run, assessment, catalogue)
    files = {
        CERTIFICATE: (certificate.model_dump_json(indent=2) + "\n").encode(),
        ENVIRONMENT: environment,
        "PRODUCT.toml": product_toml(assessment.target).encode(),
        "README.md": readme(certificate, run).encode(),
        RESULTS: results,
        "junit.xml": junit_xml(run).encode(),
    }
    return {**files, SUMS: sums(files)}


def product_toml(target: Target) -> str:
    """Return the target file that repeats this run, every default spelled out."""
    return tomli_w.dumps(target.published())


def sums(files: Mapping[str, bytes]) -> bytes:
    """Return the files' SHA-256 as sha256sum(1) prints and checks them."""
    return "".join(f"{digest(data)}  {name}\n" for name, data in sorted(files.items())).encode()


def digest(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def readme(certificate: Certificate, run: Run) -> str:
    """Return the bundle's README: what it says, how to check it, how to repeat the run."""
    product = " ".join(
        filter(None, (certificate.product.vendor, certificate.product.name, certificate.product.version))
    )
    suite = certificate.suite
    lines = [
        f"# {product} as persistent storage for Kubernetes",
        "",
        _verdict(certificate),
        "",
        f"- NFS versions: {', '.join(certificate.nfs_versions)}; server: {certificate.server}",
        f"- optional features declared: {', '.join(certificate.features) or 'none'}",
        f"- run {certificate.run}, {certificate.started_at} to {certificate.finished_at}",
        f"- nfs-conformance {suite.get('version', 'unknown')}, commit {suite.get('commit', 'unknown')}",
        *(f"- objection: {objection}" for objection in certificate.objections),
        "",
        "## Check it",
        "",
        "```sh",
        "sha256sum --check SHA256SUMS",
        "python -m certify verify .             # in a checkout of the same version of nfs-conformance",
        "python -m certify verify . --key KEY   # and that the holder of KEY signed it, if SHA256SUMS.sig is there",
        "```",
        "",
        "Without a signature this proves that nothing was changed by accident and that the verdicts follow from the",
        "results; it does not prove who made it.",
        "",
        "## Repeat the run",
        "",
        "```sh",
        "pytest suites/ --target PRODUCT.toml",
        "```",
        "",
        f"This run was started as `pytest {' '.join(run.info.command)}`.",
        "",
    ]
    return "\n".join(lines)


def _verdict(certificate: Certificate) -> str:
    proved = f"{certificate.passed} of {certificate.required} required results passed"
    if PROFILES[certificate.profile].look:
        return f"**A look** and no certificate: {proved} of the profile `{certificate.profile}`."
    if certificate.certified:
        return f"**Certified** for the profile `{certificate.profile}`: {proved}."
    missing = "What is missing is in `certificate.json`."
    return f"**Not certified** for the profile `{certificate.profile}`: {proved}. {missing}"
