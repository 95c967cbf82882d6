"""docs/writing-a-scenario.md is followed to the letter, in a clone, and each command prints what it says."""

import fnmatch
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.lab_world.suite_run import CHECKOUT, SHORT_RUN

DOCUMENT = CHECKOUT / "docs" / "writing-a-scenario.md"
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?(?P<more> \+)?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def test_following_the_page_gives_what_it_says(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", CHECKOUT, clone], check=True, timeout=60)
    printed = ""
    for block in _BLOCK.finditer(DOCUMENT.read_text("utf-8")):
        if block["kind"] == "python":
            _write(clone / block["file"], block["text"], more=bool(block["more"]))
        elif block["kind"] == "sh":
            printed = "".join(_run(command, clone) for command in block["text"].splitlines() if "pytest" in command)
        else:
            for line in block["text"].splitlines():
                found = fnmatch.filter(printed.splitlines(), line.replace("[", "[[]"))
                assert found, f"{line}\nis not in what was printed:\n{printed}"


def _write(file: Path, text: str, *, more: bool) -> None:
    """The whole file, or `more` of it: at its end, inside a list that ends there."""
    if not more:
        file.write_text(text)
        return
    before = file.read_text().rstrip("\n")
    end = "\n)" if before.endswith("\n)") else ""
    file.write_text(f"{before.removesuffix(end)}\n{text.rstrip()}{end}\n")


def _run(command: str, clone: Path) -> str:
    words = command.split()
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", *words, "--engine=lab"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SHORT_RUN,
    )
    return done.stdout
