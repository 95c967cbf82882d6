"""The page for people, as far as it can be judged without a browser."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from certify.diagnosis import known_diagnoses
from certify.record import Check, Measurement, Run
from certify.render import PAGE_LIMIT, report_html
from certify.report.wording import flat, link, paragraphs, prose, seconds
from certify.verdict import Verdict
from tests.browser.synthetic import HOSTILE, KNOWN, Case, exhibit, failing, large, passing

REPOSITORY = Path(__file__).parents[2]
STYLE = (REPOSITORY / "certify/report/page.css").read_text("utf-8")


class Page(HTMLParser):
    """Collects what the tests ask of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes |= set(found)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]


def changed(case: Case, run: Run) -> str:
    """Return the page of the case with another run."""
    return replace(case, run=run).page()


def part(text: str, start: str, end: str) -> str:
    """Return what stands between two texts that are there."""
    return text.split(start, 1)[1].split(end, 1)[0]


def test_nothing_from_a_record_becomes_markup() -> None:
    page = Page(failing().page())
    assert page.tags.count("script") == 1
    assert not {"img", "iframe", "object", "base", "form"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert all(target.startswith(("#", "https://", "evidence/")) for target in page.links)


@pytest.mark.parametrize(
    "field", ["id", "nodeid", "variant", "message", "level", "summary", "worker", "known", "server"]
)
def test_every_field_is_escaped(field: str) -> None:
    case = failing()
    change: dict[str, Any] = {field: f"NFSK8S-IO-{HOSTILE}" if field == "id" else HOSTILE}
    records = (replace(case.run.records[0], **change), *case.run.records[1:])
    page = Page(changed(case, replace(case.run, records=records)))
    assert page.tags.count("script") == 1
    assert "img" not in page.tags


def test_characters_that_a_page_cannot_hold_are_marked() -> None:
    case = passing()
    records = (replace(case.run.records[0], message="a\x00b\ud800c\x1b[31m"),)
    text = changed(case, replace(case.run, records=records))
    assert "a\ufffdb\ufffdc\ufffd[31m" in text
    text.encode("utf-8")


def test_the_policy_allows_this_style_and_this_script_and_nothing_else() -> None:
    text = failing().page()
    policy = Page(text).policy
    for tag in ("style", "script"):
        content = part(text, f"<{tag}>", f"</{tag}>")
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_the_same_inputs_make_the_same_bytes() -> None:
    program = "import sys; from tests.browser.synthetic import failing; sys.stdout.write(failing().page())"
    pages = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert pages == {failing().page().encode()}


def test_links_within_the_page_lead_somewhere_and_places_are_unique() -> None:
    case = failing()
    again = replace(case.run, records=(*case.run.records, *case.run.records[:3]))
    page = Page(changed(case, again))
    assert len(page.ids) == len(set(page.ids))
    assert {target[1:] for target in page.links if target.startswith("#")} <= set(page.ids)
    assert page.ids.count(f"{case.run.records[0].slug}-2") == 1


def test_a_page_of_300_results_stays_below_its_limit_and_gives_failures_the_first_claim() -> None:
    text = large().page()
    assert PAGE_LIMIT - 20_000 < len(text.encode()) <= PAGE_LIMIT
    cards = text.split('<details class="card ')[1:]
    failed = [card for card in cards if not card.startswith("passed")]
    assert all("pod.log <small>" in card and ">Checks</h4>" in card for card in failed)
    brief = [card for card in cards if "3 checks and 3 steps: see results.jsonl." in card]
    assert 0 < len(brief) < 150
    assert all(card.startswith("passed") and ">pod.log</a>" in card for card in brief)


def test_300_passes_show_all_their_checks_and_steps() -> None:
    text = large([Verdict.PASSED]).page()
    assert text.count(">Checks</h4>") == text.count(">Steps</h4>") == 300
    assert "see results.jsonl" not in text
    assert len(text.encode()) <= PAGE_LIMIT


@pytest.mark.parametrize("width", [1, 100, 15_000])
def test_the_limit_counts_what_escaping_and_markup_add(width: int) -> None:
    case = passing()
    evidence = tuple(exhibit("id", "v", f"{number}.txt", "<" * width) for number in range(3000 // width + 100))
    checks = tuple(Check("&" * width, "<" * width, "'" * width, ok=True) for _ in range(3000 // width + 10))
    records = tuple(replace(record, checks=checks) for record in case.run.records)
    records = (replace(records[0], evidence=evidence), *records[1:])
    text = changed(case, replace(case.run, records=records))
    assert PAGE_LIMIT * 0.7 < len(text.encode()) <= PAGE_LIMIT


def test_evidence_without_its_text_is_linked() -> None:
    case = passing()
    page = Page(case.page())
    paths = [each.path for record in case.run.records for each in record.evidence]
    assert {path for path in page.links if path.startswith("evidence/")} == {
        path for path in paths if path.endswith("kernel.log")
    }


def test_what_is_missing_is_grouped_by_reason() -> None:
    missing = part(failing().page(), '<h2 id="missing">', "</section>")
    titles = re.findall(r"<h3>(.*?)</h3> <span class=\"soft\">(.*?)</span>", missing)
    assert titles == [
        ("Failed", "3 results of 3 requirements"),
        ("Known failures", "2 results of 2 requirements"),
        ("Inconclusive", "2 results of 2 requirements"),
        ("Declared, but not supported", "2 results of 2 requirements"),
        ("Skipped", "2 results of 2 requirements"),
        ("Not run", "5 results of 3 requirements"),
        ("Planned: no scenario yet", "22 results of 11 requirements"),
    ]
    assert 'class="group failed" open' in missing
    assert 'class="group nothing">' in missing, "a long group is folded"


def test_the_banner_tells_verdict_certificate_and_objections() -> None:
    good, bad = passing().page(), failing().page()
    assert "<strong>PASSED</strong>" in good
    assert "<strong>CERTIFIED</strong>" in good
    assert 'id="missing"' not in good
    assert 'id="objections"' not in good
    assert "<strong>FAILED</strong>" in bad
    assert "<strong>NOT CERTIFIED</strong>" in bad
    assert bad.count("<li>The run was interrupted: not every scenario ran.</li>") == 1
    for words in ("Example Filer 9.1", "Example Corp.", "2030-01-02 03:04:05 UTC", "nfs-conformance 0.1.0"):
        assert words in good


def test_the_banner_tells_what_the_world_cannot_show() -> None:
    case = passing()
    assert 'id="limits"' not in case.page()
    run = replace(case.run, facts={**case.run.facts, "limits": {"one kernel": "no power can be cut"}})
    page = report_html(run, case.assessment, case.catalogue)
    assert "<li><b>one kernel</b>: no power can be cut</li>" in page


def test_a_product_address_that_is_none_is_left_out() -> None:
    case = passing()
    product = case.assessment.target.product.model_copy(update={"url": "javascript:alert(1)"})
    target = case.assessment.target.model_copy(update={"product": product})
    assert "javascript:" not in report_html(case.run, replace(case.assessment, target=target), case.catalogue)


def test_a_diagnosis_tells_cause_and_fixes_and_unknown_ones_are_left_out() -> None:
    text = failing().page()
    known = known_diagnoses()["chown-under-root-squash"]
    box = part(text, '<div class="diagnosis">', "</div>")
    assert known.title in box
    assert box.count("<li>") == len(known.fix)
    assert all(link(reference) in box for reference in known.references)
    assert "unheard-of" not in text
    assert known.title in part(text, 'id="first"', "</section>")


def test_a_known_failure_tells_its_reason_and_leads_to_its_thread() -> None:
    text = failing().page()
    assert text.count("<b>Known failure:</b> The driver does not ask the server, <a ") == 2
    assert Page(text).links.count(KNOWN) == 2


def test_the_matrix_has_every_place_and_says_why_it_is_empty() -> None:
    matrix = part(failing().page(), '<h2 id="matrix">', "</section>")
    assert re.findall(r'<th scope="col">(\w+)<br>(.*?)</th>', matrix) == [
        ("knfsd", "NFS\N{NO-BREAK SPACE}3"),
        ("knfsd", "NFS\N{NO-BREAK SPACE}4.2"),
        ("ganesha", "NFS\N{NO-BREAK SPACE}4.1"),
    ]
    rows = dict(re.findall(r'<span class="id">(.*?)</span>(.*?)</tr>', matrix, re.DOTALL))
    assert rows["NFSK8S-MOUNT-002"].count('href="#NFSK8S-MOUNT-002"') == 2, "no version concerns it: it speaks for all"
    assert rows["NFSK8S-LOCK-001"].count("not run") == 2
    assert rows["NFSK8S-VOLUME-001"].count("planned") == 2
    assert 'href="#NFSK8S-DEEP-001-ganesha-4.1"' in rows["NFSK8S-DEEP-001"], "outside the profile, and yet it ran"


def test_the_timeline_has_a_lane_a_worker_and_leaves_out_what_has_no_start() -> None:
    case = passing()
    first, second, *others = case.run.records
    records = (replace(first, started_at="yesterday"), replace(second, started_at="2030-01-02T03:04:06"), *others)
    text = changed(case, replace(case.run, records=records))
    assert re.findall(r"Worker (gw\d): (\d+) scenarios", text) == [("gw0", "8"), ("gw1", "9")]
    assert text.count("<path class=") == 17


def test_times_of_recovery_share_a_scale_with_the_servers_own_periods() -> None:
    text = passing().page()
    section = part(text, '<h2 id="recovery">', "</section>")
    assert '<a href="#recovery">' in text
    assert re.findall(r'<span class="id">(.*?)</span>', section) == [
        f"NFSK8S-EXPORT-00{number}" for number in (1, 2, 3)
    ]
    assert "</span>grace period and lease 10.00 s." in section
    assert re.findall(r"<span>(.*?)</span>", section)[:5] == ["0.00 s", "9.69 s", "19.38 s", "29.06 s", "38.75 s"]
    bars = re.findall(r'<rect x="0" y="4" width="(.*?)"', section)
    assert (len(bars), max(map(float, bars))) == (12, 1000.0)
    assert set(re.findall(r'<line x1="(.*?)"', section)) == {f"{10 / 38.75 * 1000:.1f}"}
    assert section.count('>longest pause of a writer</td><td class="time">2.50 s</td>') == 1, (
        "every bar is in words, too"
    )
    assert "changes/s" not in section, "only times are drawn"


def test_periods_that_differ_have_a_mark_each() -> None:
    case = passing()
    facts = {"server": {"grace period": "90 s", "lease": "45.5 s"}}
    section = part(changed(case, replace(case.run, facts=facts)), '<h2 id="recovery">', "</section>")
    assert "</span>grace period 1 min 30 s, <span" in section
    assert "</span>lease 45.50 s." in section
    assert section.count('<line x1="1000.0"') == section.count('<line x1="505.6"') == 12


def test_cards_show_what_was_measured() -> None:
    card = part(passing().page(), 'id="NFSK8S-EXPORT-001-knfsd-3"', 'class="card ')
    assert card.count("<h4>Measured</h4>") == 1
    assert '<th scope="row">synced changes in bad weather</th><td>31.5 changes/s</td>' in card


@pytest.mark.parametrize("facts", [{}, {"server": "knfsd"}, {"server": {"grace period": " s", "lease": 90}}])
def test_periods_that_the_facts_do_not_name_are_left_out(facts: dict[str, Any]) -> None:
    case = passing()
    section = part(changed(case, replace(case.run, facts=facts)), '<h2 id="recovery">', "</section>")
    assert "on purpose" not in section
    assert "<line" not in section


def test_without_times_there_is_no_section_of_them() -> None:
    case = passing()
    figure = Measurement("synced changes", 31.5, "changes/s")
    records = tuple(replace(record, measurements=(figure,)) for record in case.run.records)
    assert "#recovery" not in changed(case, replace(case.run, records=records))


def test_a_recovery_that_took_no_time_can_be_drawn() -> None:
    case = passing()
    records = (replace(case.run.records[0], measurements=(Measurement("pause", 0, "s"),)),)
    section = part(changed(case, Run(case.run.info, {}, records)), '<h2 id="recovery">', "</section>")
    assert '<rect x="0" y="4" width="3.0" height="12"/>' in section


def test_a_run_without_records_has_a_page() -> None:
    case = passing()
    text = changed(case, replace(case.run, records=()))
    assert "No scenario ran." in text
    assert "<strong>NOT PROVED</strong>" in text


def test_every_verdict_is_named() -> None:
    text = failing().page()
    assert all(f">{verdict.replace('_', ' ')}</span>" in text for verdict in Verdict)


@pytest.mark.parametrize(
    ("cite", "address"),
    [
        ("exports(5)", "https://man7.org/linux/man-pages/man5/exports.5.html"),
        ("docker-library/mysql#153", "https://github.com/docker-library/mysql/issues/153"),
        ("RFC 8881", "https://www.rfc-editor.org/rfc/rfc8881"),
        ("RFC 8881 section 18.30", "https://www.rfc-editor.org/rfc/rfc8881#section-18.30"),
        ("https://example.com/a#1", "https://example.com/a#1"),
        ("javascript:alert", ""),
        ("hearsay", ""),
    ],
)
def test_citations_lead_to_their_source(cite: str, address: str) -> None:
    assert link(cite) == address


def test_prose_marks_code_and_escapes_everything() -> None:
    assert prose("use `a<b` & go") == "use <code>a&lt;b</code> &amp; go"
    assert prose("one ` alone <") == "one ` alone &lt;"
    assert paragraphs("one\ntwo\n\n  \nthree\n") == ["one\ntwo", "three\n"]


def test_times_and_facts_are_for_people() -> None:
    assert [seconds(value) for value in (1.25, 61, 3725)] == ["1.25 s", "1 min 01 s", "1 h 02 min"]
    assert list(flat({"b": {"d": True, "c": "x"}, "a": [1, 2]})) == [("a", "[1, 2]"), ("b / c", "x"), ("b / d", "true")]


def _luminance(colour: str) -> float:
    digits = "".join(digit * 2 for digit in colour) if len(colour) == 3 else colour
    parts = [int("".join(digits[start : start + 2]), 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_texts_have_contrast(mode: int) -> None:
    """WCAG 2 AA asks for 4.5 to 1."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    colours = dict(re.findall(r"--(\w+):#([0-9a-f]{3,6})", blocks[mode]))
    tones = ("good", "bad", "warn", "calm", "odd")
    pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in ("bg", "card", "code")]
    pairs += [(tone, ground) for tone in tones for ground in ("card", "on")]
    assert [pair for pair in pairs if _contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []
