"""The workshop: order, caching, damage, failures, deadlines."""

import fcntl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import paths
from lab.build import workshop
from lab.build.step import Step
from lab.build.workshop import Job, Workshop, folder_of
from lab.errors import LabError
from lab.eventually import eventually
from lab.processes import ProcessId
from lab.progress import Reporter


class Notebook(Reporter):
    """Remembers what a person would be told."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def told() -> Notebook:
    return Notebook()


@pytest.fixture
def made() -> list[str]:
    """Names of steps in the order in which they were made."""
    return []


@pytest.fixture
def simple(made: list[str]) -> Callable[..., Step]:
    """Return a function that defines a step whose product is `product.txt` with its parameter."""

    def define(name: str, *needs: Step, parameter: int = 0) -> Step:
        def make(job: Job) -> None:
            made.append(name)
            (job.folder / "product.txt").write_text(str(parameter))

        return Step(name, make, needs=needs, parameters=parameter)

    return define


def running(name: str, *words: str, within: float = 10) -> Step:
    """A step that runs one program."""
    return Step(name, lambda job: job.run(words, within=within))


def careless(job: Job) -> None:
    (job.folder / "absent").unlink()


def ended(pid_file: Path) -> bool:
    """Whether the process that left its pid is gone; it must have left one."""
    try:
        return not ProcessId.of(int(pid_file.read_text())).alive()
    except ProcessLookupError:
        return True


def wait_for_end(pid_file: Path) -> None:
    eventually(lambda: ended(pid_file), what="the end of the process", within=5, every=0.01)


def content(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_steps_are_made_after_what_they_need_and_once(
    told: Notebook, made: list[str], simple: Callable[..., Step]
) -> None:
    bottom = simple("bottom")
    left, right = simple("left", bottom), simple("right", bottom)
    top = simple("top", right, left)
    Workshop(told).ensure([top, bottom])
    assert sorted(made) == ["bottom", "left", "right", "top"]
    assert (made[0], made[-1]) == ("bottom", "top")


def test_a_step_finds_the_product_of_its_need(told: Notebook, simple: Callable[..., Step]) -> None:
    def make(job: Job) -> None:
        text = (job.product("bottom") / "product.txt").read_text()
        (job.folder / "copy.txt").write_text(text)

    top = Step("top", make, needs=(simple("other"), simple("bottom", parameter=7)))
    Workshop(told).ensure([top])
    assert (folder_of(top) / "copy.txt").read_text() == "7"


def test_two_steps_are_made_at_once_and_never_three(told: Notebook) -> None:
    pair, third, lock = threading.Barrier(2), threading.Event(), threading.Lock()
    at_work: list[str] = []

    def make(job: Job) -> None:
        with lock:
            at_work.append(job.step.name)
            if len(at_work) > 2:
                third.set()
        pair.wait(5)
        third.wait(0.05)
        with lock:
            at_work.remove(job.step.name)

    Workshop(told).ensure([Step(f"step{number}", make) for number in range(4)])
    assert not third.is_set()


def test_a_cached_product_is_not_made_again(told: Notebook, made: list[str], simple: Callable[..., Step]) -> None:
    for _ in range(2):
        Workshop(told).ensure([simple("top", simple("bottom"))])
    assert made == ["bottom", "top"]


def test_a_damaged_product_is_named_and_made_again(
    told: Notebook, made: list[str], simple: Callable[..., Step]
) -> None:
    bottom = simple("bottom")
    top = simple("top", bottom)
    Workshop(told).ensure([top])
    (folder_of(top) / "product.txt").write_text("damaged")
    told.lines.clear()
    Workshop(told).ensure([top])
    assert made == ["bottom", "top", "top"]
    assert (folder_of(top) / "product.txt").read_text() == "0"
    (line,) = [line for line in told.lines if "cache entry" in line]
    for words in (top.entry, "product.txt has 7 bytes", "again"):
        assert words in line


def test_a_failing_step_is_named_with_its_log_and_leaves_no_entry(told: Notebook, made: list[str]) -> None:
    failing = Step("failing", lambda job: job.run(["sh", "-c", "seq 100; echo the cause >&2; exit 3"], within=10))
    dependent = Step("dependent", lambda _: made.append("dependent"), needs=(failing,))
    with pytest.raises(LabError) as failure:
        Workshop(told).ensure([dependent])
    log = paths.log_folder() / "failing.log"
    for words in ("building failing failed", "sh ended with 3", "100\n  the cause", str(log)):
        assert words in str(failure.value)
    assert "\n  50\n" not in str(failure.value), "only the end of the log belongs into the message"
    assert log.read_text().strip().splitlines()[1] == "1"
    assert not folder_of(failing).exists()
    assert not list(workshop.builds_folder().glob("*.scratch"))
    assert made == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (running("absent", "no-such-program"), ["absent failed", "no-such-program is not installed", "host-packages"]),
        (running("slow", "sleep", "60", within=0.05), ["slow failed", "sleep did not end within 0.05 s"]),
        (Step("careless", careless), ["careless failed", "No such file"]),
    ],
    ids=["program missing", "deadline", "file error"],
)
def test_other_failures_name_step_and_cause(told: Notebook, step: Step, words: list[str]) -> None:
    with pytest.raises(LabError) as failure:
        Workshop(told).ensure([step])
    assert [word for word in words if word not in str(failure.value)] == []
    assert not folder_of(step).exists()


def test_what_an_earlier_run_left_half_written_is_replaced(
    told: Notebook, made: list[str], simple: Callable[..., Step]
) -> None:
    step = simple("step")
    for end in ("partial", "scratch"):
        leftover = workshop.builds_folder() / f"{step.entry}.{end}"
        leftover.mkdir()
        (leftover / "half").touch()
        leftover.chmod(0o500)  # as module caches leave their folders
    assert not Workshop(told).is_sound(step)
    Workshop(told).ensure([step])
    assert made == ["step"]
    assert content(folder_of(step)) == {"product.txt", "manifest.json"}
    assert content(workshop.builds_folder()) == {step.entry, "lock"}


def test_a_program_gets_its_environment_and_folder_and_writes_into_the_log(told: Notebook, tmp_path: Path) -> None:
    def make(job: Job) -> None:
        job.run(["sh", "-c", 'echo "$DEMO in $(pwd) with $HOME"'], within=10, env={"DEMO": "demo"}, cwd=job.scratch)
        (tmp_path / "scratch").write_text(str(job.scratch))

    Workshop(told).ensure([Step("step", make)])
    scratch = (tmp_path / "scratch").read_text()
    assert f"demo in {scratch} with /" in (paths.log_folder() / "step.log").read_text()
    assert not Path(scratch).exists()


def test_a_program_past_its_deadline_is_killed_with_its_children(told: Notebook, tmp_path: Path) -> None:
    script = 'echo $$ > "$1/leader"; sleep 60 & echo $! > "$1/child"; wait'
    with pytest.raises(LabError, match="sh did not end within 1 s"):
        Workshop(told).ensure([running("slow", "sh", "-c", script, "sh", str(tmp_path), within=1)])
    for name in ("leader", "child"):
        wait_for_end(tmp_path / name)


def test_a_failure_ends_the_other_step_at_work(told: Notebook, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    def fail(_: Job) -> None:
        eventually(lambda: pid_file.exists() and pid_file.read_text(), what="the other step", within=5, every=0.01)
        raise LabError("out of luck")

    script = 'echo $$ > "$1/pid"; sleep 5; touch "$1/completed"'
    long = running("long", "sh", "-c", script, "sh", str(tmp_path), within=60)
    with pytest.raises(LabError, match=r"building failing failed after \d+ s: out of luck"):
        Workshop(told).ensure([long, Step("failing", fail)])
    assert ended(pid_file)
    assert not (tmp_path / "completed").exists()
    assert not folder_of(long).exists()


def test_products_of_earlier_definitions_go_and_others_stay(told: Notebook, simple: Callable[..., Step]) -> None:
    earlier, other = simple("go", parameter=1), simple("go-kind", parameter=1)
    golden = workshop.builds_folder() / "golden-cluster-0123456789abcdef"
    golden.mkdir()
    Workshop(told).ensure([earlier, other])
    today = simple("go", parameter=2)
    Workshop(told).ensure([simple("top", today)])
    assert not folder_of(earlier).exists()
    for folder in (folder_of(today), folder_of(other), golden):
        assert folder.exists()


def test_a_workshop_that_another_process_uses_is_awaited_and_then_refused(
    told: Notebook, monkeypatch: pytest.MonkeyPatch, made: list[str], simple: Callable[..., Step]
) -> None:
    monkeypatch.setattr(workshop, "LOCK_PATIENCE", -1)
    with (workshop.builds_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LabError, match="another process has been building"):
            Workshop(told).ensure([simple("step")])
    assert "another process is building the lab; waiting for it" in told.lines
    Workshop(told).ensure([simple("step")])
    assert made == ["step"]
