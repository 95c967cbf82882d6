"""The end of a run on the terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from certify.assessment import assess
from certify.record import Record, Run
from certify.summary import most_useful, summary
from certify.verdict import Verdict
from tests.certify.synthetic import CATALOGUE, complete_run, record, wanted

CHOWN = "chown-under-root-squash"


def lines(run: Run) -> list[str]:
    return [line.text for line in summary(run, assess(run, CATALOGUE), Path("reports/x"))]


def failed(number: int, version: str = "3", **more: object) -> Record:
    return replace(record(wanted(number), version, Verdict.FAILED), **more)  # type: ignore[arg-type]


def test_a_good_run_is_short() -> None:
    assert lines(complete_run()) == [
        "PASS: 7 PASSED",
        "certified for the profile core: all 5 required results passed",
        "report:      reports/x/report.html",
        "junit:       reports/x/junit.xml",
        "certificate: reports/x/certificate",
    ]


def test_what_the_world_cannot_show_is_said_beside_the_verdict() -> None:
    run = replace(complete_run(), facts={"limits": {"one kernel": "no power can be cut"}})
    assert lines(run)[1] == "one kernel: no power can be cut"


def test_a_look_names_what_is_to_follow_it() -> None:
    look = complete_run(profile="quick")
    seen = [line.text for line in summary(look, assess(look, CATALOGUE), Path("reports/x"), "next: more")]
    assert seen[1] == "a look and no certificate, profile quick: 5 of 5 required results passed"
    assert seen[-1] == "next: more"


def test_the_most_useful_failures_are_diagnosed_and_differ_in_cause() -> None:
    records = (
        record(wanted(1), "3", Verdict.INCONCLUSIVE),
        failed(2),
        failed(3, diagnoses=(CHOWN,)),
        failed(4, diagnoses=(CHOWN,)),
        failed(5, diagnoses=("gone-from-the-list",)),
        failed(5, "4.2"),
    )
    chosen = most_useful(replace(complete_run(), records=records))
    assert [one.id[-3:] for one in chosen] == ["003", "005", "002"]


def test_a_bad_run_tells_cause_cure_and_the_rest() -> None:
    known = record(wanted(4), "3", Verdict.KNOWN)
    run = complete_run(problems=("The run was interrupted.",))
    seen = lines(replace(run, records=(failed(1), failed(2, diagnoses=(CHOWN,)), known)))
    assert seen[:3] == [
        "NO PASS: 2 FAILED, 1 KNOWN",
        "The run was interrupted.",
        "FAILED NFSK8S-IO-002 [nfs3]: Promise 2.",
    ]
    assert "FAILED NFSK8S-IO-001 [nfs3]: Promise 1." in seen
    assert sum(line.startswith("    cause: ") for line in seen) == 1
    assert any(line.startswith("    fix:   ") for line in seen)
    assert "KNOWN         NFSK8S-IO-004 [nfs3]  It is KNOWN." in seen
    assert "not certified for the profile core: 0 of 5 required results passed" in seen
