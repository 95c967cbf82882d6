"""Programs for other machines, as files: all of them can be read, and constants reach them unharmed."""

import subprocess
from pathlib import Path

import pytest

import fixtures
from fixtures.scripts import script

PACKAGE = "fixtures.servers"
FILES = sorted(Path(fixtures.__file__).parent.rglob("scripts/*.sh"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_script_says_what_it_does_and_is_valid_shell(file: Path) -> None:
    first, second, *_ = file.read_text().splitlines()
    assert first == "#!/bin/sh"
    assert second.startswith("# ")
    subprocess.run(["sh", "-n", file], check=True)


def test_a_script_is_the_text_of_its_file() -> None:
    (file,) = (file for file in FILES if file.name == "tamper.sh")
    assert script(PACKAGE, "tamper.sh") == file.read_text()


@pytest.mark.parametrize("value", ["", "plain", 'it\'s "$HOME" \\ `id`', "two\nlines\n"])
def test_constants_are_variables_of_a_shell_script(value: str) -> None:
    text = script(PACKAGE, "tamper.sh", BEFORE="first", VALUE=value)
    head = text.removesuffix(script(PACKAGE, "tamper.sh"))
    done = subprocess.run(["sh", "-c", f'{head}printf "%s|%s" "$BEFORE" "$VALUE"'], capture_output=True, check=True)
    assert done.stdout.decode() == f"first|{value}"
