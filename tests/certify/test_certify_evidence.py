"""Evidence: kept, numbered, free of secrets, and never a reason to fail."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from certify.errors import Violation
from certify.evidence import Evidence
from certify.record import Measurement
from certify.redact import HIDDEN, redact


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return Evidence(tmp_path, tmp_path / "evidence" / "X")


def test_names_are_safe_and_never_overwritten(evidence: Evidence, tmp_path: Path) -> None:
    assert not (tmp_path / "evidence").exists()
    evidence.attach("../etc/exports -v.txt", "one")
    evidence.attach("../etc/exports -v.txt", "two")
    assert [exhibit.path for exhibit in evidence.attached] == [
        "evidence/X/etc-exports-v.txt",
        "evidence/X/etc-exports-v-2.txt",
    ]
    second = evidence.attached[1]
    assert (second.text, second.size, second.name) == ("two", 3, "etc-exports-v-2.txt")
    assert (tmp_path / second.path).read_text() == "two"


def test_long_evidence_is_named_and_not_quoted(evidence: Evidence) -> None:
    evidence.attach("long.txt", "x" * 20_000)
    assert (evidence.attached[0].size, evidence.attached[0].text) == (20_000, None)


def test_a_step_that_raises_is_recorded_as_broken(evidence: Evidence) -> None:
    with evidence.step("outer"), pytest.raises(OSError, match="busy"), evidence.step("inner"):
        raise OSError("busy")
    assert [(step.title, step.ok) for step in evidence.steps] == [("outer", True), ("inner", False)]


def test_expect_records_what_held_and_raises_what_did_not(evidence: Evidence) -> None:
    evidence.expect(True, "first", expected=1, seen=1)
    with pytest.raises(Violation, match="second"):
        evidence.expect(False, "second", expected="EPERM", seen="success")
    assert [(check.what, check.seen, check.ok) for check in evidence.checks] == [
        ("first", "1", True),
        ("second", "success", False),
    ]


def test_figures_are_kept_in_order_and_hide_secrets(evidence: Evidence) -> None:
    evidence.measure("longest pause of a writer", 12.34567, "s")
    evidence.measure("PASSWORD=SECRET", 80, "changes/s")
    assert evidence.measured == [
        Measurement("longest pause of a writer", 12.346, "s"),
        Measurement(f"PASSWORD={HIDDEN}", 80, "changes/s"),
    ]


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_figure_is_a_number_that_json_has(evidence: Evidence, value: float) -> None:
    with pytest.raises(ValueError, match=r"longest pause is .*: measure a finite number"):
        evidence.measure("longest pause", value, "s")


def test_a_collector_that_raises_is_recorded(evidence: Evidence, tmp_path: Path) -> None:
    def broken() -> dict[str, str]:
        raise RuntimeError("no server")

    evidence.on_failure(broken)
    evidence.on_failure(lambda: {"server.log": "line"})
    evidence.collect()
    evidence.collect()
    assert [exhibit.name for exhibit in evidence.attached] == ["collector-error.txt", "server.log"]
    assert "RuntimeError: no server" in (tmp_path / evidence.attached[0].path).read_text()


@pytest.mark.parametrize(
    "text",
    [
        "users:\n- user:\n    client-key-data: SECRET\n    client-certificate-data: x",
        '{"token": "SECRET", "name": "admin"}',
        "Authorization: Bearer SECRET",
        "MYSQL_ROOT_PASSWORD=SECRET\nHOME=/root",
        "MYSQL_ROOT_PASSWORD: 'SECRET'",
        "env:\n- name: MYSQL_ROOT_PASSWORD\n  value: SECRET\n",
        '{"name": "MYSQL_ROOT_PASSWORD", "value": "SECRET"}',
        "-----BEGIN RSA PRIVATE KEY-----\nSECRET\nSECRET\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    assert "SECRET" not in redact(text)
    assert HIDDEN in redact(text)


def test_what_is_no_secret_stays() -> None:
    text = "chown: changing ownership of '/var/lib/mysql': Operation not permitted"
    assert redact(text) == text
    assert redact("name: \udcff") == "name: \\udcff"


def test_an_attachment_grows_and_is_listed_once(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, tmp_path / "evidence")
    for text in ("a: 1\n", "- name: ROOT_PASSWORD\n  value: secret\n"):
        evidence.extend("applied-manifests.yml", text)
    (exhibit,) = evidence.attached
    assert exhibit.text == "a: 1\n- name: ROOT_PASSWORD\n  value: [redacted]\n"
    assert exhibit.text == (tmp_path / exhibit.path).read_text()
