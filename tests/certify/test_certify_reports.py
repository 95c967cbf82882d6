"""The run's files and the reports made from them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from certify.evidence import Evidence
from certify.folder import RunFolder
from certify.outputs import write_outputs
from certify.record import Check, Measurement, Record, RunInfo, Step
from certify.verdict import Verdict

BASE = Record(
    id="NFSK8S-SQUASH-002",
    nodeid="suites/squash/test_chown.py::test_chown[knfsd-4.2]",
    variant="knfsd-4.2",
    verdict=Verdict.PASSED,
    duration_s=1.5,
    message="",
    version="4.2",
    level="MUST",
    summary="chown is <refused> & seen.",
    cites=("exports(5)", "docker-library/mysql#153", "RFC 8881"),
    started_at="2030-01-02T03:04:05.678+00:00",
    steps=(Step("mount", 0.1, 0.5, ok=True),),
    checks=(Check("refused", "EPERM", "EPERM", ok=True),),
    measurements=(Measurement("longest pause of a writer", 12.5, "s"),),
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder.choose(tmp_path, datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    made.create()
    made.write_environment(RunInfo(made.name, "2030-01-02T03:04:05+00:00", "2030-01-02T03:05:05+00:00"), {})
    return made


def each_verdict() -> list[Record]:
    return [
        replace(BASE, verdict=verdict, variant=f"v{number}", message="" if verdict == "PASSED" else "Why\x00not")
        for number, verdict in enumerate(Verdict)
    ]


def test_a_record_survives_its_json() -> None:
    assert Record.from_json(BASE.to_json()) == BASE
    later = json.dumps({**json.loads(BASE.to_json()), "added_later": 1})
    assert Record.from_json(later) == BASE


def test_a_record_from_before_there_were_figures_has_none() -> None:
    values = json.loads(BASE.to_json())
    del values["measurements"]
    assert Record.from_json(json.dumps(values)) == replace(BASE, measurements=())


def test_a_torn_last_line_is_left_out(folder: RunFolder) -> None:
    folder.append(BASE)
    with folder.results.open("ab") as stream:
        stream.write(b'{"id": "NFSK8S-SQU')
    assert folder.load().records == (BASE,)


def test_a_scenario_that_never_finished_counts_as_inconclusive(folder: RunFolder) -> None:
    folder.append(BASE)
    folder.mark_started(replace(BASE, variant="knfsd-3", verdict=Verdict.INCONCLUSIVE))
    run = folder.load()
    assert [record.verdict for record in run.records] == [Verdict.PASSED, Verdict.INCONCLUSIVE]
    assert not run.passed


def test_a_run_without_an_end_does_not_pass(folder: RunFolder) -> None:
    folder.append(BASE)
    assert folder.load().passed
    folder.write_environment(RunInfo(folder.name, "2030-01-02T03:04:05+00:00"), {})
    assert not folder.load().passed


def test_latest_moves(folder: RunFolder) -> None:
    folder.publish()
    other = RunFolder.choose(folder.path.parent, datetime(2030, 1, 3, tzinfo=UTC))
    other.create()
    latest = other.publish()
    assert latest.resolve() == other.path
    assert sorted(path.name for path in folder.path.parent.iterdir()) == sorted([folder.name, other.name, "latest"])


def test_junit_shows_nothing_but_passed_as_a_pass(folder: RunFolder) -> None:
    for record in each_verdict():
        folder.append(record)
    write_outputs(folder)
    root = ET.parse(folder.path / "junit.xml").getroot()
    counts = {key: root.get(key) for key in ("tests", "failures", "errors", "time")}
    assert counts == {"tests": "6", "failures": "1", "errors": "1", "time": "9.000"}
    assert root[0].get("skipped") == "3"
    plain = [case.get("name") for case in root.iter("testcase") if {child.tag for child in case} == {"system-out"}]
    assert plain == ["NFSK8S-SQUASH-002[v0]"]


def test_junit_names_the_problems_of_the_run(folder: RunFolder) -> None:
    folder.append(BASE)
    frame = RunInfo(folder.name, BASE.started_at, BASE.started_at, problems=("The run was interrupted.",))
    folder.write_environment(frame, {})
    write_outputs(folder)
    root = ET.parse(folder.path / "junit.xml").getroot()
    assert (root.get("tests"), root.get("errors")) == ("2", "1")


class _Page(HTMLParser):
    """Collects what a page loads and where it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a":
            self.links.append(found.get("href") or "")
        elif tag in {"script", "img", "link", "iframe"}:
            self.loaded += filter(None, (found.get("src"), found.get("href")))  # its own script has neither


def test_the_page_is_self_contained_and_escaped(folder: RunFolder) -> None:
    evidence = Evidence(folder.path, folder.evidence_of(BASE))
    evidence.attach("small.txt", "<script>alert(1)</script>")
    evidence.attach("big.txt", "x" * 100_000)
    folder.append(replace(BASE, evidence=tuple(evidence.attached)))
    write_outputs(folder)
    text = (folder.path / "report.html").read_text()
    page = _Page()
    page.feed(text)
    assert page.loaded == ["data:,"]
    assert "&lt;script&gt;alert(1)" in text
    assert "chown is &lt;refused&gt; &amp; seen." in text
    assert "x" * 1000 not in text
    assert evidence.attached[1].path in page.links
    assert "https://github.com/docker-library/mysql/issues/153" in page.links
    assert "https://man7.org/linux/man-pages/man5/exports.5.html" in page.links
    assert "https://www.rfc-editor.org/rfc/rfc8881" in page.links


def test_the_page_shows_every_verdict(folder: RunFolder) -> None:
    for record in each_verdict():
        folder.append(record)
    write_outputs(folder)
    text = (folder.path / "report.html").read_text()
    assert "<strong>FAILED</strong>" in text
    assert all(verdict.replace("_", " ") in text for verdict in Verdict)
