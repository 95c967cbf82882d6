"""junit.xml as CI systems read it: suites by area, and nothing but PASSED looks like a pass."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

from certify.folder import RunFolder
from certify.record import Record, Run
from certify.verdict import Verdict

# CI systems show system-out on the page; longer evidence is named and stays in its file.
_PIECE_LIMIT = 4096
_TOTAL_LIMIT = 16384

_ELEMENTS = {
    Verdict.FAILED: "failure",
    Verdict.INCONCLUSIVE: "error",
    Verdict.NOT_SUPPORTED: "skipped",
    Verdict.SKIPPED: "skipped",
    Verdict.KNOWN: "skipped",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(run: Run, folder: RunFolder) -> str:
    """Return the run as JUnit XML; each problem of the run itself is a test case with an error."""
    root = ET.Element("testsuites", name="nfs-conformance")
    for area in sorted({record.area for record in run.records}):
        records = [record for record in run.ordered() if record.area == area]
        suite = ET.SubElement(root, "testsuite", name=area, timestamp=_timestamp(records))
        suite.extend(_testcase(record, folder) for record in records)
        _count(suite, records)
    if run.problems:
        suite = ET.SubElement(root, "testsuite", name="RUN", timestamp=run.info.started_at[:19])
        suite.extend(_problem(number, text) for number, text in enumerate(run.problems, start=1))
        _count(suite, [])
    _count(root, run.records)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _testcase(record: Record, folder: RunFolder) -> ET.Element:
    name = f"{record.id}[{record.variant}]" if record.variant else record.id
    case = ET.Element("testcase", classname=record.area, name=_clean(name), time=_seconds(record.duration_s))
    properties = ET.SubElement(case, "properties")
    for key, value in (("id", record.id), ("level", record.level), ("variant", record.variant)):
        ET.SubElement(properties, "property", name=key, value=_clean(value))
    if record.verdict is not Verdict.PASSED:
        headline = f"{record.verdict}: {record.headline}"
        result = ET.SubElement(case, _ELEMENTS[record.verdict], message=_clean(headline), type=record.verdict)
        result.text = _clean(record.message)
    output = "\n".join([record.summary, *_excerpts(record, folder)])
    ET.SubElement(case, "system-out").text = _clean(output)
    return case


def _excerpts(record: Record, folder: RunFolder) -> Iterable[str]:
    left = _TOTAL_LIMIT
    for evidence in record.evidence:
        size = folder.size_of(evidence)
        if size is None:
            yield f"=== {evidence} (missing)"
        elif size > min(_PIECE_LIMIT, left):
            yield f"=== {evidence} ({size} bytes, see the file)"
        else:
            left -= size
            yield f"=== {evidence}\n{folder.read_evidence(evidence)}"


def _problem(number: int, text: str) -> ET.Element:
    case = ET.Element("testcase", classname="RUN", name=f"problem-{number}", time="0.000")
    ET.SubElement(case, "error", message=_clean(text), type="RUN")
    return case


def _count(element: ET.Element, records: Iterable[Record]) -> None:
    """Set the totals of a suite or of the root from the test cases below it."""
    element.set("tests", str(len(list(element.iter("testcase")))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(len(list(element.iter(tag)))))
    element.set("time", _seconds(sum(record.duration_s for record in records)))


def _timestamp(records: Iterable[Record]) -> str:
    return min(record.started_at for record in records)[:19]


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _clean(text: str) -> str:
    """Return text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
