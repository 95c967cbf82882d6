"""A bundle is what it says it is, or verification names what was tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from certify import signing, target
from certify.certificate import SIGNATURE, SUMS, bundle, sums
from certify.errors import TargetError
from certify.record import Record, Run
from certify.requirement import Level
from certify.signing import sign
from certify.verdict import Verdict
from certify.verification import verify
from certify.version import SUITE_VERSION
from tests.certify.synthetic import CATALOGUE, TARGET, complete_run, files_of, record, wanted

Files = dict[str, bytes]


def bundled(run: Run) -> Files:
    return bundle(run, *files_of(run), CATALOGUE)


def refusals(files: Files, key: bytes | None = None) -> str:
    return "\n".join(verify(files, CATALOGUE, SUITE_VERSION, key).refusals)


def resealed(files: Files) -> Files:
    """The files with sums that fit again: what a forger does first."""
    content = {name: data for name, data in files.items() if name not in (SUMS, SIGNATURE)}
    return {**content, SUMS: sums(content)}


@pytest.fixture
def files() -> Files:
    return bundled(complete_run())


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_an_honest_bundle_is_accepted(files: Files) -> None:
    assert refusals(files) == ""
    certificate = json.loads(files["certificate.json"])
    assert (certificate["certified"], certificate["required"], certificate["passed"]) == (True, 5, 5)
    assert b"**Certified** for the profile `core`" in files["README.md"]
    assert b"pytest suites/ --target PRODUCT.toml" in files["README.md"]
    assert target.parse(files["PRODUCT.toml"].decode()) == TARGET


@pytest.mark.parametrize(
    "name", ["PRODUCT.toml", "README.md", "certificate.json", "environment.json", "junit.xml", "results.jsonl"]
)
def test_one_changed_byte_anywhere_is_named(files: Files, name: str) -> None:
    data = bytearray(files[name])
    data[len(data) // 2] ^= 1
    assert f"{name} was changed: its SHA-256 is not the one in SHA256SUMS" in refusals({**files, name: bytes(data)})


@pytest.mark.parametrize("name", ["PRODUCT.toml", "README.md", "certificate.json", "junit.xml"])
def test_an_edited_file_with_sums_that_fit_is_named(files: Files, name: str) -> None:
    data = files[name].replace(b"Example", b"Excellent").replace(b"0.1", b"0.9").replace(b"1.250", b"0.250")
    assert data != files[name]
    assert f"{name} is not what results.jsonl and environment.json give" in refusals(resealed({**files, name: data}))


def test_a_file_that_is_missing_or_strange_is_named(files: Files) -> None:
    without = {name: data for name, data in files.items() if name != "junit.xml"}
    assert "incomplete: junit.xml missing" in refusals(without)
    assert "extra.txt does not belong to a bundle" in refusals({**files, "extra.txt": b""})
    assert "certificate.json is not a certificate" in refusals(resealed({**files, "certificate.json": b"{}"}))


def failing_first(one: Record) -> Record:
    return record(wanted(1), "3", Verdict.FAILED) if (one.id, one.version) == ("NFSK8S-IO-001", "3") else one


def forged(change: Callable[[dict[str, Any]], None]) -> Files:
    """The bundle of a failing run whose failing line was changed, and everything else made to fit."""
    run = complete_run(failing_first)

    def forge(one: Record) -> Record:
        if one.verdict is not Verdict.FAILED:
            return one
        values = json.loads(one.to_json())
        change(values)
        return Record.from_json(json.dumps(values))

    return bundled(replace(run, records=tuple(map(forge, run.records))))


def test_an_edited_verdict_is_named() -> None:
    def passed(line: dict[str, Any]) -> None:
        line["verdict"] = "PASSED"

    assert "NFSK8S-IO-001 [nfs3]: verdict PASSED was edited, its phases say FAILED" in refusals(forged(passed))

    def passed_in_its_phases_too(line: dict[str, Any]) -> None:
        passed(line)
        line["outcomes"]["call"] = "ok"

    seen = refusals(forged(passed_in_its_phases_too))
    assert "NFSK8S-IO-001 [nfs3]: verdict PASSED was edited, one of its checks was broken" in seen


def test_a_known_failure_is_what_its_phases_say() -> None:
    def known(one: Record) -> Record:
        return record(wanted(3, level=Level.SHOULD), one.version, Verdict.KNOWN) if one.id.endswith("003") else one

    run = complete_run(known)
    assert refusals(bundled(run)) == ""

    def comes_and_goes(one: Record) -> Record:
        passed = replace(known(one), outcomes=one.outcomes)
        return replace(passed, sometimes=True) if passed.known else one

    assert refusals(bundled(complete_run(comes_and_goes))) == ""


def test_a_look_is_refused_though_all_of_it_passed() -> None:
    look = bundled(complete_run(profile="quick"))
    assert b"**A look** and no certificate: 5 of 5 required results passed of the profile `quick`" in look["README.md"]
    assert "The profile quick is a look and no certificate: run a wider one." in refusals(look)


def test_a_failing_run_is_not_certified(files: Files) -> None:
    honest = bundled(complete_run(failing_first))
    assert b"**Not certified** for the profile `core`: 4 of 5" in honest["README.md"]
    assert "required, not proved: NFSK8S-IO-001 on NFS 3 of knfsd: FAILED" in refusals(honest)
    # The certificate of a good run, put upon the results of a bad one.
    seen = refusals(resealed({**honest, "certificate.json": files["certificate.json"]}))
    assert "certificate.json says certified, its results do not" in seen


def test_a_missing_required_test_is_named() -> None:
    run = complete_run()
    fewer = tuple(one for one in run.records if (one.id, one.version) != ("NFSK8S-IO-002", "4.2"))
    seen = refusals(bundled(replace(run, records=fewer)))
    assert "required, not proved: NFSK8S-IO-002 on NFS 4.2 of knfsd: not run" in seen
    assert "7 scenarios were to run, 6 have a verdict" in seen


def test_deselected_tests_are_named() -> None:
    assert "The operator left out 1 scenario." in refusals(bundled(complete_run(deselected=("suites/io/test_two.py",))))


def test_another_version_of_the_suite_is_named(files: Files) -> None:
    finding = verify(files, CATALOGUE, "9.9", None)
    assert finding.refusals == (
        f"made by nfs-conformance {SUITE_VERSION}, this is 9.9: verify it with the version that made it",
    )
    other = replace(CATALOGUE, entries=CATALOGUE.entries[1:])
    assert "made with other requirements" in verify(files, other, SUITE_VERSION).refusals[0]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("results.jsonl", b"not json\n"),
        ("environment.json", b"[]"),
        ("environment.json", json.dumps({"run": {"name": "x"}, "facts": {}}).encode()),
        (
            "environment.json",
            json.dumps({"run": {"name": "x", "started_at": "", "target": {"colour": 1}}, "facts": {}}).encode(),
        ),
    ],
)
def test_results_that_cannot_be_read_are_refused(files: Files, name: str, data: bytes) -> None:
    assert "results.jsonl or environment.json cannot be read" in refusals(resealed({**files, name: data}))


def test_a_signature_is_demanded_with_a_key(files: Files, key: Ed25519PrivateKey, public: bytes) -> None:
    signed = {**files, SIGNATURE: sign(key, files[SUMS])}
    assert refusals(signed) == ""
    assert refusals(signed, public) == ""
    assert "not signed: there is no SHA256SUMS.sig" in refusals(files, public)
    other = Ed25519PrivateKey.generate()
    assert "is not one of this key's holder" in refusals({**files, SIGNATURE: sign(other, files[SUMS])}, public)
    assert "is not one of this key's holder" in refusals({**files, SIGNATURE: b"rubbish"}, public)
    # A forger can make everything fit but the signature.
    forgery = {**bundled(complete_run(duration_s=1.0)), SIGNATURE: signed[SIGNATURE]}
    assert refusals(forgery) == ""
    assert "is not one of this key's holder" in refusals(forgery, public)


def test_keys_are_read_or_refused_with_what_makes_one(tmp_path: Path, key: Ed25519PrivateKey, public: bytes) -> None:
    private = tmp_path / "key.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    published = tmp_path / "public.pem"
    published.write_bytes(public)
    assert signing.read_public_key(published) == public
    assert signing.load_private_key(private).public_key() == key.public_key()
    with pytest.raises(TargetError, match=r"key\.pem cannot be used.*openssl pkey -in"):
        signing.read_public_key(private)
    with pytest.raises(TargetError, match=r"public\.pem cannot be used.*openssl genpkey -algorithm ed25519"):
        signing.load_private_key(published)
    other = generate_private_key(SECP256R1())
    private.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    published.write_bytes(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(TargetError, match="is not an Ed25519 key"):
        signing.load_private_key(private)
    with pytest.raises(TargetError, match="is not an Ed25519 key"):
        signing.read_public_key(published)
    assert not signing.is_signed_by(published.read_bytes(), b"", b"")
