"""How the page for people looks: width, colours, print, and how heavy it is."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from certify.render import PAGE_LIMIT
from tests.browser.conftest import Open
from tests.browser.synthetic import large

# Seconds. Both are under 0.3 s where this was written; CI machines are slower.
PATIENCE = 2.0

_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(each => !each.closest(".scroll, pre, svg, .skip") && each.checkVisibility())
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => each.outerHTML.slice(0, 120))"""

# WCAG 2: contrast of each text with the nearest ground behind it.
_PALE = """() => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = (colour) => {
        const [red, green, blue] = numbers(colour).map(each => each / 255)
            .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const ground = (element) => {
        const colour = element ? getComputedStyle(element).backgroundColor : "rgb(255, 255, 255)";
        return numbers(colour)[3] === 0 ? ground(element.parentElement) : colour;
    };
    const contrast = (element) => {
        const both = [getComputedStyle(element).color, ground(element)].map(luminance).sort((a, b) => a - b);
        return (both[1] + 0.05) / (both[0] + 0.05);
    };
    return [...document.querySelectorAll("body *")]
        .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
        .filter(each => each.checkVisibility() && !each.closest("svg, script") && contrast(each) < 4.5)
        .map(each => `${contrast(each).toFixed(2)} ${each.outerHTML.slice(0, 120)}`);
}"""


def unfold(page: Page) -> None:
    """Open everything that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


@pytest.mark.parametrize("name", ["passing", "failing", "large"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(opened: Open, name: str, width: int) -> None:
    page = opened(name, viewport={"width": width, "height": 800}).page
    for _ in range(2):
        assert page.evaluate(_TOO_WIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        unfold(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(opened: Open, scheme: str) -> None:
    page = opened("failing", color_scheme=scheme).page
    unfold(page)
    assert page.evaluate(_PALE) == []


def test_dark_is_dark(opened: Open) -> None:
    grounds = {
        scheme: opened("passing", color_scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(245, 246, 248)", "dark": "rgb(17, 21, 26)"}


def test_print_shows_all_that_is_missing_and_no_controls(opened: Open) -> None:
    page = opened("failing", color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.locator("#filters").is_hidden()
    assert page.locator("nav").is_hidden()
    expect(page.locator(".group.nothing:not([open]) li").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 36, 48)"


def test_300_results_are_light_and_quick() -> None:
    case = large()
    began = time.process_time()
    text = case.page()
    assert time.process_time() - began < PATIENCE
    assert len(text.encode()) <= PAGE_LIMIT


def test_300_results_load_and_filter_quickly(opened: Open) -> None:
    page = opened("large").page
    assert page.locator("#count").inner_text() == "300 of 300 shown"
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert loaded < PATIENCE * 1000
    began = time.monotonic()
    page.get_by_label("Search").fill("nfsk8s-squash")
    expect(page.locator("#count")).to_have_text("60 of 300 shown")
    assert time.monotonic() - began < PATIENCE
