"""No combination of verdicts, however produced, certifies something that was not proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.assessment import assess
from certify.catalogue import Catalogue, Entry
from certify.profile import PROFILES
from certify.record import Record, Run, RunInfo
from certify.requirement import ABILITIES, Level, Requirement
from certify.target import from_values
from certify.verdict import Verdict, combine, with_known_failure
from tests.certify.synthetic import CATALOGUE, FEATURES, complete_run, record, wanted

VERSIONS = ("3", "4.0", "4.1", "4.2")
verdicts = st.sampled_from(Verdict)
subsets = st.frozensets


@given(st.lists(verdicts), st.lists(verdicts))
def test_combining_knows_neither_order_nor_grouping(some: list[Verdict], more: list[Verdict]) -> None:
    together = combine([*some, *more])
    assert combine([*more, *some]) is together
    assert combine([each for each in (combine(some), combine(more)) if each]) is together
    assert combine([*some, *more, *some]) is together


@given(st.lists(verdicts))
def test_nothing_but_passes_combines_to_a_pass(some: list[Verdict]) -> None:
    assert (combine(some) is Verdict.PASSED) == (bool(some) and set(some) == {Verdict.PASSED})


@given(verdicts)
def test_a_known_failure_is_never_a_pass(verdict: Verdict) -> None:
    assert Verdict.PASSED not in (with_known_failure(verdict), with_known_failure(verdict, sometimes=True))
    assert (with_known_failure(verdict) is Verdict.KNOWN) == (verdict in (Verdict.FAILED, Verdict.KNOWN))


def requirements() -> st.SearchStrategy[Requirement]:
    return st.builds(
        lambda number, area, level, features, versions, needs: wanted(
            number, area=area, level=level, features=features, versions=versions, needs=needs
        ),
        number=st.integers(1, 4),
        area=st.sampled_from(["IO", "WORKLOAD", "RECOVERY", "PERF"]),
        level=st.sampled_from(Level),
        features=subsets(st.sampled_from(sorted(FEATURES))),
        versions=subsets(st.sampled_from(VERSIONS)).map(lambda chosen: tuple(sorted(chosen))),
        needs=subsets(st.sampled_from(sorted(ABILITIES))).map(lambda chosen: tuple(sorted(chosen))),
    )


@st.composite
def judged_runs(draw: st.DrawFn) -> tuple[Run, Catalogue]:
    """A catalogue, a target, and a run with any records, also of other servers, repeated, missing or undone."""
    wishes = draw(st.lists(requirements(), min_size=1, max_size=4, unique_by=lambda one: one.id))
    entries = tuple(Entry(one, draw(st.sampled_from(["", "suites/test_x.py"]))) for one in wishes)
    target = {
        "profile": draw(st.sampled_from(sorted(PROFILES))),
        "nfs": {
            "versions": draw(st.lists(st.sampled_from(VERSIONS), min_size=1, unique=True)),
            "features": draw(st.lists(st.sampled_from(sorted(FEATURES)), unique=True)),
        },
    }
    mostly_good = st.one_of(st.just(Verdict.PASSED), st.just(Verdict.PASSED), verdicts)
    made = st.builds(
        lambda one, version, verdict, server: replace(record(one, version, verdict), server=server),
        one=st.sampled_from(wishes),
        version=st.sampled_from(["", *VERSIONS]),
        verdict=mostly_good,
        server=st.sampled_from(["knfsd", "knfsd", "knfsd", "another"]),
    )
    records = draw(st.lists(made, max_size=30))
    everything = [record(one, version) for one in wishes for version in VERSIONS] if draw(st.booleans()) else []
    rarely = st.sampled_from([False] * 5 + [True])
    info = RunInfo(
        name="run",
        started_at="2030-01-02T03:04:05+00:00",
        finished_at="" if draw(rarely) else "2030-01-02T03:05:05+00:00",
        problems=("The run was interrupted.",) if draw(rarely) else (),
        target=target,
        profile=str(target["profile"]),
        selected=1000 if draw(rarely) else 0,
        deselected=("suites/x",) if draw(rarely) else (),
    )
    return Run(info, {}, (*records, *everything)), Catalogue(entries, FEATURES)


@given(judged_runs())
def test_nothing_unproved_is_certified(judged: tuple[Run, Catalogue]) -> None:
    run, catalogue = judged
    assessment = assess(run, catalogue)
    if not assessment.certified:
        return
    assert run.info.finished_at
    assert not run.info.problems
    assert not run.info.deselected
    target = from_values(dict(run.info.target))
    demanded = 0
    for entry in catalogue.entries:
        wish = entry.requirement
        if not PROFILES[run.info.profile].requires(wish, target.features):
            continue
        for version in set(target.nfs.versions) & set(wish.versions or VERSIONS):
            demanded += 1
            said = {
                one.verdict
                for one in run.records
                if one.id == wish.id and one.version in ("", version) and one.server == "knfsd"
            }
            assert said == {Verdict.PASSED}
    assert demanded == assessment.required > 0


def test_a_look_certifies_nothing_though_all_of_it_passed() -> None:
    look = assess(complete_run(profile="quick"), CATALOGUE)
    assert (look.required, look.missing, look.objections, look.certified) == (5, (), (), False)
    assert "quick is a look and no certificate" in look.refusals[0]


def test_a_look_takes_the_last_version_or_those_it_was_asked_for() -> None:
    whole = complete_run(profile="quick")
    on_3 = replace(whole, records=tuple(one for one in whole.records if one.version == "3"))
    nothing = replace(whole, records=())
    assert {cell.version for cell in assess(on_3, CATALOGUE).cells} == {"3"}
    assert {cell.version for cell in assess(nothing, CATALOGUE).cells} == {"4.2"}


def test_a_complete_run_is_certified_so_that_the_property_is_not_empty() -> None:
    assessment = assess(complete_run(), CATALOGUE)
    assert (assessment.certified, assessment.required, assessment.missing) == (True, 5, ())


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASSED])
def test_one_required_result_that_is_no_pass_prevents_the_certificate(verdict: Verdict) -> None:
    def spoil(one: Record) -> Record:
        return record(wanted(2), "3", verdict) if (one.id, one.version) == ("NFSK8S-IO-002", "3") else one

    assessment = assess(complete_run(spoil), CATALOGUE)
    assert not assessment.certified
    assert [(cell.id, cell.version, cell.why) for cell in assessment.missing] == [("NFSK8S-IO-002", "3", verdict)]


def test_a_rerun_does_not_hide_a_failure() -> None:
    run = complete_run()
    flaky = replace(run, records=(record(wanted(1), "4.2", Verdict.FAILED), *run.records))
    assert [cell.why for cell in assess(flaky, CATALOGUE).missing] == ["FAILED"]


@pytest.mark.parametrize(
    ("frame", "objection"),
    [
        ({"finished_at": ""}, "killed before it ended"),
        ({"problems": ("The run was interrupted: not every scenario ran.",)}, "interrupted"),
        ({"deselected": ("suites/a", "suites/b")}, "left out 2 scenarios"),
        (
            {"target": {"server": {"kind": "external", "export": "filer:/vol"}, "product": {"name": "Filer"}}},
            "name product.name and product.version",
        ),
        ({"selected": 99}, "99 scenarios were to run, 7 have a verdict"),
    ],
)
def test_what_speaks_against_the_whole_run(frame: dict[str, Any], objection: str) -> None:
    assessment = assess(complete_run(**frame), CATALOGUE)
    assert not assessment.certified
    assert any(objection in text for text in assessment.objections)


def test_a_result_that_the_catalogue_does_not_know_is_an_objection() -> None:
    run = complete_run()
    stranger = replace(run, records=(*run.records, record(wanted(9), "3")))
    assert assess(stranger, CATALOGUE).objections == ("The catalogue knows nothing of NFSK8S-IO-009.",)


def test_what_is_planned_or_did_not_run_is_missing() -> None:
    run = complete_run()
    catalogue = Catalogue((*CATALOGUE.entries, Entry(wanted(7))), FEATURES)
    fewer = replace(run, records=tuple(one for one in run.records if one.id != "NFSK8S-IO-001"))
    reasons = {(cell.id[-3:], cell.why) for cell in assess(fewer, catalogue).missing}
    assert reasons == {("001", "not run"), ("007", "planned: no scenario yet")}
