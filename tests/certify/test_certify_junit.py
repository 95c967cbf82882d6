"""junit.xml: valid, and read alike by parsers that know nothing of each other or of us."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import junitparser
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from junit2htmlreport.parser import Junit

from certify.junit import junit_xml
from certify.record import Record, Run
from certify.verdict import Verdict, combine
from tests.certify.conftest import REPOSITORY
from tests.certify.synthetic import complete_run, record, wanted

Passes = Callable[[Path], set[str]]


def junitparser_passes(file: Path) -> set[str]:
    suites = junitparser.JUnitXml.fromfile(str(file))
    return {case.name for suite in suites for case in suite if case.is_passed}


def junit2html_passes(file: Path) -> set[str]:
    return {case.name for suite in Junit(str(file)).suites for case in suite.passed() if case.name}


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    file = REPOSITORY / ".venv" / "junit-10.xsd"
    assert file.exists(), "the schema is not there; run: make unit"
    return xmlschema.XMLSchema(str(file))


@pytest.mark.parametrize("passes", [junitparser_passes, junit2html_passes])
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["3", "4.2"]), st.sampled_from(Verdict)), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_nothing_but_passed_is_read_as_a_pass(
    schema: xmlschema.XMLSchema,
    tmp_path_factory: pytest.TempPathFactory,
    passes: Passes,
    made: list[tuple[int, str, Verdict]],
) -> None:
    records = [record(wanted(number), version, verdict) for number, version, verdict in made]
    file = tmp_path_factory.mktemp("junit") / "junit.xml"
    file.write_text(junit_xml(Run(complete_run(problems=("It was interrupted.",)).info, {}, tuple(records))))
    assert schema.is_valid(str(file)), list(map(str, schema.iter_errors(str(file))))
    assert passes(file) == _proved(records)


def _proved(records: list[Record]) -> set[str]:
    names = {f"{one.id}[{one.variant}]" for one in records}
    verdicts = {name: combine(one.verdict for one in records if f"{one.id}[{one.variant}]" == name) for name in names}
    return {name for name, verdict in verdicts.items() if verdict is Verdict.PASSED}


def test_a_parser_sees_totals_properties_and_evidence(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    run = complete_run(lambda one: record(wanted(1), "3", Verdict.FAILED) if one.slug.endswith("001-nfs3") else one)
    file.write_text(junit_xml(run))
    (suite,) = junitparser.JUnitXml.fromfile(str(file))
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("IO", 7, 1, 0, 0)
    properties = {one.name: one.value for one in suite.properties()}  # type: ignore[no-untyped-call]
    assert properties["profile"] == "core"
    (failed,) = [case for case in suite if not case.is_passed]
    assert (failed.name, failed.result[0].message) == ("NFSK8S-IO-001[nfs3]", "FAILED: It is FAILED.")
    assert "=== evidence/NFSK8S-IO-001-nfs3/exports.txt\nrw" in failed.system_out
