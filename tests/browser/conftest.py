"""Debian's Chromium, and pages in it that are watched for everything they should not do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.synthetic import Case, failing, large, passing

CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_CASES: dict[str, Callable[[], Case]] = {"passing": passing, "failing": failing, "large": large}
_REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`))"""


# Milliseconds for one action or expectation.
_TIMEOUT_MS = 5000


@dataclass(frozen=True)
class Opened:
    """A page in the browser; `wrong` collects what it asked of the network, and what the browser said against it."""

    page: Page
    url: str
    wrong: list[str]


Open = Callable[..., Opened]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the browser."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: run `make host-packages`", pytrace=False)
    # Chromium's sandbox refuses to work for root.
    arguments = [*_ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else [*_ARGUMENTS]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the addresses of the synthetic runs' pages, each a file."""
    folder = tmp_path_factory.mktemp("reports")
    for name, case in _CASES.items():
        (folder / f"{name}.html").write_text(case().page(), "utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in _CASES}


@pytest.fixture
def opened(browser: Browser, reports: dict[str, str]) -> Iterator[Open]:
    """Return a function that opens a page (`fragment` after its address, `options` of the browser's context).

    At the end of the test nothing may have gone wrong on any of them.
    """
    everything: list[Opened] = []

    def start(name: str, fragment: str = "", **options: Any) -> Opened:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        )
        page, wrong = context.new_page(), list[str]()
        page.set_default_timeout(_TIMEOUT_MS)
        page.add_init_script(_REPORT_VIOLATIONS)
        page.on("request", lambda request: wrong.extend({request.url.partition("#")[0]} - {reports[name]}))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(reports[name] + fragment)
        everything.append(Opened(page, reports[name], wrong))
        return everything[-1]

    yield start
    for each in everything:
        each.page.context.close()
    assert [text for each in everything for text in each.wrong] == []
