"""The page for people in a real browser: filter, address, folding, keyboard."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.synthetic import failing

CARD = "NFSK8S-SQUASH-003-knfsd-3"


def shown(page: Page) -> list[str]:
    """Return the anchors of the scenarios that the filter lets through."""
    return [str(card.get_attribute("id")) for card in page.locator(".card:visible").all()]


def count(page: Page) -> str:
    """Return what the live count says."""
    return page.locator("#count").inner_text()


def test_verdicts_add_up_and_are_counted(opened: Open) -> None:
    page = opened("failing").page
    assert count(page) == "27 of 27 shown"
    page.get_by_label("FAILED", exact=False).check()
    assert count(page) == "3 of 27 shown"
    page.get_by_label("KNOWN", exact=False).check()
    assert count(page) == "5 of 27 shown"
    assert set(page.locator(".card:visible").evaluate_all("cards => cards.map(card => card.dataset.verdict)")) == {
        "FAILED",
        "KNOWN",
    }


@pytest.mark.parametrize(
    ("label", "value", "left"),
    [
        ("Area", "IO", 1),
        ("NFS version", "4.1", 1),
        ("NFS version", "none", 1),
        ("Level", "SHOULD", 1),
        ("Server", "knfsd", 26),
    ],
)
def test_each_list_filters(opened: Open, label: str, value: str, left: int) -> None:
    page = opened("failing").page
    page.get_by_role("combobox", name=label).select_option(value)
    assert count(page) == f"{left} of 27 shown"
    assert len(shown(page)) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("nfsk8s-squash-003", 2),
        ("knfsd-4.2", 13),
        ("SQUASH entrypoint permitted", 2),
        ("suites/io/", 1),
        ("<img src=x", 1),
        ("nowhere to be found", 0),
    ],
)
def test_the_search_looks_at_id_summary_message_and_test(opened: Open, text: str, left: int) -> None:
    page = opened("failing").page
    page.get_by_label("Search").fill(text)
    assert count(page) == f"{left} of 27 shown"
    assert page.get_by_text("No scenario fits this filter.").is_visible() == (left == 0)


def test_a_filtered_view_can_be_shared(opened: Open) -> None:
    page = opened("failing").page
    page.get_by_label("Search").fill("rw & take")
    page.get_by_role("combobox", name="Area").select_option("SQUASH")
    page.get_by_label("PASSED", exact=False).check()
    page.get_by_label("Search").fill("chown fails")
    expect(page).to_have_url(re.compile(r"#verdict=PASSED&area=SQUASH&q=chown\+fails$"))
    other = opened("failing", page.url[page.url.index("#") :]).page
    assert shown(other) == shown(page)
    assert 0 < len(shown(other)) < 27
    assert other.get_by_label("Search").input_value() == "chown fails"
    expect(other.get_by_role("heading", name="Scenarios", exact=True)).to_be_in_viewport()


@pytest.mark.parametrize("fragment", ["#verdict=NONE&area=..&q=", "#%ZZ=1", "#=", "#nothing-here", "#count"])
def test_an_address_that_makes_no_sense_hides_nothing_but_what_it_asks(opened: Open, fragment: str) -> None:
    assert count(opened("failing", fragment).page) == "27 of 27 shown"


def test_clearing_brings_everything_back_and_leaves_a_plain_address(opened: Open) -> None:
    start = opened("failing", "#verdict=FAILED&q=MySQL")
    page = start.page
    assert count(page) == "2 of 27 shown"
    page.get_by_role("button", name="Clear").click()
    assert count(page) == "27 of 27 shown"
    expect(page).to_have_url(start.url)


def test_all_can_be_folded_and_unfolded(opened: Open) -> None:
    page = opened("failing").page
    opened_cards = page.locator(".card[open]")
    page.get_by_role("button", name="Unfold all").click()
    expect(opened_cards).to_have_count(27)
    page.get_by_label("FAILED", exact=False).check()
    page.get_by_role("button", name="Fold all", exact=True).click()
    expect(opened_cards).to_have_count(24)


def test_a_link_opens_its_scenario_though_it_was_filtered_out(opened: Open) -> None:
    page = opened("failing", "#verdict=SKIPPED").page
    page.locator(f".matrix a[href='#{CARD}']").click()
    card = page.locator(f"[id='{CARD}']")
    expect(card).to_have_attribute("open", "")
    expect(card.locator("> summary")).to_be_focused()
    expect(card.locator("> summary")).to_be_in_viewport()
    assert count(page) == "27 of 27 shown"
    page.go_back()
    expect(page.locator("#count")).to_have_text("2 of 27 shown")


def test_a_link_to_where_the_address_is_already_opens_again(opened: Open) -> None:
    page = opened("failing", f"#{CARD}").page
    card = page.locator(f"[id='{CARD}']")
    expect(card).to_have_attribute("open", "")
    card.locator("> summary").click()
    expect(card).not_to_have_attribute("open", "")
    page.locator(f".matrix a[href='#{CARD}']").click()
    expect(card).to_have_attribute("open", "")


def test_a_bar_of_the_timeline_leads_to_its_scenario(opened: Open) -> None:
    page = opened("failing").page
    page.locator(f"svg a[href='#{CARD}'] path").click()
    expect(page.locator(f"[id='{CARD}'] > summary")).to_be_focused()


def test_slash_searches_and_escape_clears(opened: Open) -> None:
    page = opened("failing").page
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("suites/io")
    assert count(page) == "1 of 27 shown"
    page.keyboard.press("Escape")
    assert count(page) == "27 of 27 shown"
    assert page.get_by_label("Search").input_value() == ""


def test_everything_is_reached_by_tab_and_shows_its_focus(opened: Open) -> None:
    page = opened("passing").page
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a[href], summary, input, select, button, [tabindex='0']")]
        .filter(each => each.tabIndex >= 0 && each.checkVisibility())
        .map((each, number) => each.dataset.tab = String(number))"""
    )
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.tab"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "3px" in outline, f"{page.evaluate('document.activeElement.outerHTML')[:200]} shows no focus: {outline}"
    assert reached == wanted


def test_the_skip_link_comes_first_and_is_seen_when_focused(opened: Open) -> None:
    page = opened("failing").page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the scenarios")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("#scenarios")).to_be_in_viewport()


def test_headings_landmarks_and_labels_make_sense(opened: Open) -> None:
    page = opened("failing").page
    for landmark in ("banner", "navigation", "main", "search", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    assert page.locator("html").get_attribute("lang") == "en"
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator("#count").get_attribute("aria-live") == "polite"
    unnamed = page.locator("input, select").evaluate_all("all => all.filter(each => !each.labels.length).length")
    assert unnamed == 0


def test_without_javascript_the_page_is_whole(opened: Open) -> None:
    page = opened("failing", java_script_enabled=False).page
    assert page.locator("#filters").is_hidden()
    assert page.locator("#nothing").is_hidden()
    assert page.locator(".card:visible").count() == len(failing().run.records)
    page.locator(f"[id='{CARD}'] details").first.locator("summary").click()
    expect(page.locator(f"[id='{CARD}'] details pre").first).to_be_visible()
