"""The night: parts with results that are kept, and that survive ctrl-C and SIGKILL."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.sabotage import SABOTAGES
from lab.eventually import eventually
from lab.processes import ProcessId
from tests.nightly import __main__ as command
from tests.nightly import night as nights
from tests.nightly.night import Night, Result
from tests.nightly.parts import CHECKOUT, Part, chosen, every_part
from tests.nightly.table import write_page

SUITE = {"version": "1", "commit": "c" * 40, "modified": "no"}
# A night of three parts, of which the second waits until a file is there.
INNER = """
import sys
from pathlib import Path
from tests.nightly import __main__ as command
from tests.nightly import night
from tests.nightly.parts import Part

folder = Path(sys.argv[1])
wait = "touch {0}/pid-$$; for each in $(seq 1200); do [ -e {0}/go ] && exit; sleep 0.05; done".format(folder)
parts = [
    Part("first", "is short", ("true",)),
    Part("second", "waits", ("sh", "-c", wait)),
    Part("third", "fails", ("sh", "-c", "echo broken; exit 3")),
]
command.every_part = lambda: parts
night.DOWN = ("true",)
sys.exit(command.main(["--folder", str(folder / "nights")]))
"""


@contextmanager
def started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", INNER, str(folder)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def waiting(folder: Path) -> list[int]:
    """The processes of the second part that still run."""
    return [pid for file in folder.glob("pid-*") if runs(pid := int(file.name.removeprefix("pid-")))]


def runs(pid: int) -> bool:
    """One that has ended may wait for its new parent to notice."""
    try:
        return ProcessId.of(pid).alive()
    except ProcessLookupError:
        return False


def results(folder: Path) -> dict[str, str]:
    (file,) = folder.glob("nights/*/night.json")
    return {name: part["outcome"] for name, part in json.loads(file.read_text())["parts"].items()}


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_an_interrupted_night_goes_on_where_it_stopped(tmp_path: Path, ending: signal.Signals, code: int) -> None:
    with started(tmp_path) as process:
        (first,) = eventually(lambda: waiting(tmp_path), what="the second part to run", within=30)
        process.send_signal(ending)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == code, output
    assert results(tmp_path) == {"first": "passed"}
    with started(tmp_path) as process:
        again = eventually(lambda: set(waiting(tmp_path)) - {first}, what="the second part to run again", within=30)
        assert set(waiting(tmp_path)) == again, "what the interrupted night left has ended"
        (tmp_path / "go").touch()
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1, output
    assert ("of an interrupted night ended" in output) == (ending is signal.SIGKILL), output
    assert "2 parts to run" in output
    assert "first: " not in output, "what has its result is not run again"
    assert results(tmp_path) == {"first": "passed", "second": "passed", "third": "failed"}
    (page,) = tmp_path.glob("nights/*/index.html")
    assert "<b>2</b> passed, <b>1</b> failed" in page.read_text()
    assert "<pre>broken\n</pre>" in page.read_text()


def test_a_night_that_is_over_or_of_another_state_is_followed_by_a_new_one(tmp_path: Path) -> None:
    part = Part("only", "is short", ("true",))
    first = Night.latest(tmp_path, SUITE, [part])
    assert Night.latest(tmp_path, SUITE, [part]).folder == first.folder
    assert Night.latest(tmp_path, {**SUITE, "commit": "d" * 40}, [part]).folder != first.folder
    first._write(SUITE, {"only": Result("passed", 0, 1.0, "")})
    assert Night.latest(tmp_path, SUITE, [part]).folder != first.folder


def test_a_part_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nights, "DOWN", ("true",))
    night = Night.begin(tmp_path, SUITE)
    slow = Part("slow", "never ends", ("sleep", "60"), within=0.2)
    assert night.run(slow, print).outcome == "too long"
    assert "too long" in write_page(night, [slow]).read_text()


def test_parts_are_named_by_patterns() -> None:
    assert [part.name for part in chosen("lint,full-ganesha-4.*")] == [
        "lint",
        "full-ganesha-4.0",
        "full-ganesha-4.1",
        "full-ganesha-4.2",
    ]
    with pytest.raises(ValueError, match="there is no part full-samba: use lint, unit"):
        chosen("full-samba")
    assert command.main(["full-samba"]) == 2


def test_every_lie_and_every_test_in_the_lab_is_in_a_part() -> None:
    words = " ".join(word for part in every_part() for word in part.command)
    files = sorted((CHECKOUT / "tests" / "lab_world").glob("test_*.py"))
    assert files
    assert [file.name for file in files if file.name not in words] == []
    assert [lie for lie in SABOTAGES if f"test_lie_is_found[{lie}]" not in words] == []
