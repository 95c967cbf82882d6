"""docs/fixtures.md says what there is, and every fixture says what it gives."""

from pathlib import Path

import pytest

from fixtures.catalogue import DOCUMENT, described, document
from fixtures.plugin import pytest_plugins
from fixtures.session.asked import SUITES

DISTURBING = ("restartable", "power", "group_resolver", "faults", "cluster_restarts")


def test_the_list_of_fixtures_is_up_to_date() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run: python -m fixtures catalogue"


@pytest.mark.parametrize("module", pytest_plugins)
def test_every_fixture_says_what_it_gives(module: str) -> None:
    title, fixtures = described(module)
    assert title
    assert fixtures
    assert all(fixture.text and fixture.gives for fixture in fixtures)


@pytest.mark.parametrize("scenario", sorted(SUITES.rglob("test_*.py")), ids=lambda file: file.stem)
def test_who_disturbs_the_server_is_marked(scenario: Path) -> None:
    text = scenario.read_text()
    disturbs = any(f"{fixture}: " in text for fixture in DISTURBING)
    assert not disturbs or "@pytest.mark.exclusive_server" in text
