"""The first look: how it is started, and what it must have found on a server that keeps its promises."""

from xml.etree import ElementTree

from certify.catalogue import published
from certify.profile import PROFILES
from tests.lab_world.suite_run import Finished

FIRST_LOOK = ("suites/", "--profile=quick", "-n", "2")
REQUIREMENTS = [entry.requirement.id for entry in published().entries if PROFILES["quick"].includes(entry.requirement)]


def expect_passed(run: Finished) -> None:
    """Every promise was tried once and kept, JUnit says the same, and the evidence is from the other side."""
    assert run.code == 0, run.output
    assert {(line["id"], line["variant"], line["verdict"]) for line in run.results} == {
        (requirement, "nfs4.2", "PASSED") for requirement in REQUIREMENTS
    }
    assert "a look and no certificate" in run.output
    _expect_junit_agrees(run)
    _expect_evidence_of_the_refused_chown(run)


def _expect_junit_agrees(run: Finished) -> None:
    cases = list(ElementTree.parse(run.reports / "latest" / "junit.xml").getroot().iter("testcase"))
    assert len(cases) == len(run.results)
    assert not [child.tag for case in cases for child in case if child.tag in ("failure", "error", "skipped")]


def _expect_evidence_of_the_refused_chown(run: Finished) -> None:
    (folder,) = (run.reports / "latest" / "evidence").glob("NFSK8S-WORKLOAD-001*")
    texts = {file.name: file.read_text() for file in folder.rglob("*.txt")}
    assert texts["log-line.txt"].startswith("chown: changing ownership of '/var/lib/mysql")
    assert texts["log-line.txt"].strip().endswith("Operation not permitted")
    assert "root_squash" in texts["effective-options.txt"].split(",")
    assert " 0:0 " in texts["server-side.txt"].splitlines()[0], "the directory is still root's on the server"
