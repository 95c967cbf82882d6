"""The article's run in the lab, built and used by an ordinary user: every scenario passes and nothing is left."""

from xml.etree import ElementTree

from certify.catalogue import published
from tests.lab_world.ordinary_user import OrdinaryUser
from tests.lab_world.suite_run import WHOLE_SUITE, Finished, expect_nothing_left, run_suite

VERSION = "4.2"
# What the article shows; every scenario that came later is run by `make conformance`.
ARTICLE = [entry for entry in published().entries if entry.requirement.since == "0.1"]


def test_the_article_passes(ordinary_user: OrdinaryUser) -> None:
    run = run_suite(
        ordinary_user.reports,
        *[entry.test for entry in ARTICLE],
        *("--nfs-versions", VERSION, "-n", "2"),
        within=WHOLE_SUITE,
        prefix=ordinary_user.command,
        python=ordinary_user.python,
    )
    assert run.code == 0, run.output
    assert {line["verdict"] for line in run.results} == {"PASSED"}
    assert {(line["id"], line["variant"]) for line in run.results} == {
        (entry.requirement.id, f"nfs{VERSION}") for entry in ARTICLE
    }
    _expect_junit_agrees(run)
    _expect_evidence_of_the_refused_chown(run)
    expect_nothing_left(ordinary_user.cache)
    foreign = [file for file in ordinary_user.cache.rglob("*") if file.lstat().st_uid != ordinary_user.uid]
    assert not foreign, "everything in the cache is the user's own"


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
