"""junit.xml as CI systems read it: suites by area, and nothing but PASSED looks like a pass.

The form is that of Jenkins' junit-10.xsd, which pytest's own files keep to as well.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

from certify.record import Record, Run
from certify.verdict import Verdict, combine

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


def junit_xml(run: Run) -> str:
    """Return the run as JUnit XML; each problem of the run itself is a test case with an error."""
    root = ET.Element("testsuites", name="nfs-conformance")
    for area in sorted({record.area for record in run.records}):
        records = [record for record in run.ordered() if record.area == area]
        suite = ET.SubElement(root, "testsuite", name=area, timestamp=_timestamp(records))
        suite.append(_properties(run))
        suite.extend(_testcase(together) for together in _by_name(records))
        _count(suite, records)
    if run.problems:
        suite = ET.SubElement(root, "testsuite", name="RUN", timestamp=run.info.started_at[:19])
        suite.extend(_problem(number, text) for number, text in enumerate(run.problems, start=1))
        _count(suite, [])
    _count(root, run.records)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _properties(run: Run) -> ET.Element:
    found = {"profile": run.info.profile, **{f"suite.{key}": value for key, value in sorted(run.info.suite.items())}}
    element = ET.Element("properties")
    for key, value in found.items():
        ET.SubElement(element, "property", name=key, value=_clean(value))
    return element


def _by_name(records: Iterable[Record]) -> list[list[Record]]:
    """Repeated runs of one scenario together: a parser that keeps the last of a name must not read a pass."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(_name(record), []).append(record)
    return list(found.values())


def _name(record: Record) -> str:
    return _clean(f"{record.id}[{record.variant}]" if record.variant else record.id)


def _testcase(together: list[Record]) -> ET.Element:
    verdict = combine(record.verdict for record in together)
    speaking = next(record for record in together if record.verdict is verdict)
    seconds = _seconds(sum(record.duration_s for record in together))
    case = ET.Element("testcase", classname=speaking.area, name=_name(speaking), time=seconds)
    if speaking.verdict is not Verdict.PASSED:
        headline = f"{speaking.verdict}: {speaking.headline}"
        result = ET.SubElement(case, _ELEMENTS[speaking.verdict], message=_clean(headline), type=speaking.verdict)
        result.text = _clean(speaking.message)
    output = "\n".join(line for record in together for line in _output(record))
    ET.SubElement(case, "system-out").text = _clean(output)
    return case


def _output(record: Record) -> Iterable[str]:
    yield f"{record.level} {record.label}: {record.summary}"
    yield f"test: {record.nodeid}"
    yield from _excerpts(record)


def _excerpts(record: Record) -> Iterable[str]:
    left = _TOTAL_LIMIT
    for exhibit in record.evidence:
        if exhibit.text is None or exhibit.size > min(_PIECE_LIMIT, left):
            yield f"=== {exhibit.path} ({exhibit.size} bytes, see the file)"
        else:
            left -= exhibit.size
            yield f"=== {exhibit.path}\n{exhibit.text}"


def _problem(number: int, text: str) -> ET.Element:
    case = ET.Element("testcase", classname="RUN", name=f"problem-{number}", time="0.000")
    ET.SubElement(case, "error", message=_clean(text), type="RUN")
    return case


def _count(element: ET.Element, records: Iterable[Record]) -> None:
    """Set the totals of a suite or of the root from the test cases below it."""
    element.set("tests", str(len(list(element.iter("testcase")))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if element.tag == "testsuite" or attribute != "skipped":  # the root has no such attribute in the schema
            element.set(attribute, str(len(list(element.iter(tag)))))
    element.set("time", _seconds(sum(record.duration_s for record in records)))


def _timestamp(records: Iterable[Record]) -> str:
    return min(record.started_at for record in records)[:19]


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _clean(text: str) -> str:
    """Return text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
