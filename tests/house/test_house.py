"""What makes the house easy to find one's way in: short modules, and documents that speak of files that are there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ROOMS = ("certify", "fixtures", "lab", "suites")
MOST_LINES = 250
DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")
_WRITTEN_THERE = re.compile(r"^```python (\S+)$", re.MULTILINE)
_PATH = re.compile(rf"(?<![\w/.-])((?:{'|'.join(ROOMS)}|tests|docs|examples|manifests)/[\w./-]*\w)")


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_is_longer_than_a_few_screens(room: str) -> None:
    lengths = {file: len(file.read_text().splitlines()) for file in (REPOSITORY / room).rglob("*.py")}
    assert {str(file): lines for file, lines in lengths.items() if lines > MOST_LINES} == {}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_documents_speak_of_files_that_are_there(document: Path) -> None:
    text = document.read_text("utf-8")
    missing = [link for link in _LINK.findall(text) if not (document.parent / link).exists()]
    written = set(_WRITTEN_THERE.findall(text))  # files that a reader makes
    missing += [path for path in _PATH.findall(text) if path not in written and not (REPOSITORY / path).exists()]
    assert missing == []
