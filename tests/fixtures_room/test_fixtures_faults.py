"""Faults: what became of acknowledged changes, on a local disk that is damaged by hand; and who can cut power."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify.errors import EnvironmentFailure
from fixtures.commands import CommandResult
from fixtures.faults import journal
from fixtures.faults.disk import must_be_felt
from fixtures.faults.journal import BLOCK, CHANGES, OF_DIRECTORIES, OF_FILES, RECORD, record
from fixtures.faults.ledger import Ledger, Verdicts, judge
from fixtures.faults.memory import MemoryPressure
from fixtures.faults.network import answers_lost
from fixtures.faults.power import storage_power
from fixtures.faults.writer import Writer, seen_from
from lab.eventually import eventually

ENOUGH = 40


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Ledger]:
    """A folder that the real writer has worked in until it was killed, and its ledger."""
    data, notes = tmp_path / "data", tmp_path / "ledger"
    data.mkdir()
    writer = subprocess.Popen([sys.executable, journal.__file__, "write", str(notes), "seed"], cwd=data)
    try:
        eventually(
            lambda: notes.exists() and len(notes.read_text().splitlines()) > ENOUGH,
            what="acknowledged changes",
            within=30,
        )
    finally:
        writer.kill()
        writer.wait(10)
    return data, Ledger.read("seed", notes.read_text())


def _judged(data: Path, ledger: Ledger) -> Verdicts:
    done = subprocess.run([sys.executable, journal.__file__, "read"], cwd=data, capture_output=True, check=True)
    return judge(ledger, json.loads(done.stdout))


def test_nothing_is_amiss_on_an_honest_disk(written: tuple[Path, Ledger]) -> None:
    data, ledger = written
    assert ledger.total > ENOUGH
    assert set(ledger.acknowledged) == set(CHANGES)
    assert not ledger.error
    assert _judged(data, ledger).clean


def _overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def _swap(path: Path) -> None:
    lines = path.read_bytes()
    path.write_bytes(lines[RECORD : 2 * RECORD] + lines[:RECORD] + lines[2 * RECORD :])


@pytest.mark.parametrize(
    ("damage", "verdict", "change"),
    [
        (lambda data: os.truncate(data / "appended", 3 * RECORD), "lost", "append 3"),
        (lambda data: (data / "created/2").unlink(), "lost", "create 2"),
        (lambda data: (data / "created/2").write_bytes(b""), "lost", "create 2"),
        (lambda data: (data / "renamed/current").write_bytes(record("seed", 1)), "lost", "rename"),
        (lambda data: (data / "renamed/2").write_bytes(record("seed", 2)), "lost", "rename 2"),
        (lambda data: (data / "renamed/current").write_bytes(b"x"), "torn", "rename at current"),
        (lambda data: shutil.rmtree(data / "created"), "lost", "create 0"),
        (lambda data: _overwrite(data / "direct", BLOCK, bytes(BLOCK)), "lost", "direct 1"),
        (lambda data: _overwrite(data / "mapped", BLOCK, bytes(BLOCK)), "lost", "store 1"),
        (lambda data: _overwrite(data / "mapped", BLOCK + RECORD, bytes(RECORD)), "torn", "store at 1"),
        (lambda data: _overwrite(data / "appended", RECORD, b"x"), "torn", "append at 1"),
        (lambda data: (data / "appended").open("ab").write(record("seed", 0)), "doubled", "append 0"),
        (lambda data: _swap(data / "appended"), "reordered", "append 0"),
    ],
)
def test_damage_is_found_and_named(
    written: tuple[Path, Ledger], damage: Callable[[Path], object], verdict: str, change: str
) -> None:
    data, ledger = written
    damage(data)
    verdicts = _judged(data, ledger)
    assert any(entry.startswith(change) for entry in getattr(verdicts, verdict)), verdicts
    assert change in str(verdicts)


def test_changes_of_files_and_of_directories_are_told_apart() -> None:
    verdicts = Verdicts(lost=["append 3", "rename 7"], torn=["store at 1"], doubled=["create 2"])
    assert verdicts.about(OF_FILES) == Verdicts(lost=["append 3"], torn=["store at 1"])
    assert verdicts.about(OF_DIRECTORIES) == Verdicts(lost=["rename 7"], doubled=["create 2"])
    assert {*OF_FILES, *OF_DIRECTORIES} == set(CHANGES)


def test_a_writer_goes_on_until_it_is_killed_which_happens_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.faults.writer._FOLDER", str(tmp_path / "writers"))
    data = tmp_path / "data"
    data.mkdir()

    def shell(script: str) -> CommandResult:
        done = subprocess.run(["sh", "-c", script], capture_output=True, check=False, timeout=30)
        return CommandResult((), done.returncode, done.stdout, done.stderr)

    writer = Writer(shell, str(data))
    try:
        writer.wait_for(ENOUGH, within=30)
    finally:
        writer.halt()
        ledger = writer.stop()
    assert ledger.total >= ENOUGH
    assert seen_from(ledger, shell, str(data)).clean
    assert not list(tmp_path.glob("writers/*/pid")), "its number may be another process's by now"
    writer.kill()
    assert writer.ledger() == ledger


def test_an_error_that_ended_the_writer_and_its_longest_pause_are_told() -> None:
    notes = "append 0 1.0\ncreate 0 1.5\nappend 1 11.25\nerror rename 0 [Errno 5] Input/output error\n"
    ledger = Ledger.read("seed", notes)
    assert ledger.error == "rename 0 [Errno 5] Input/output error"
    assert (ledger.acknowledged["append"], ledger.acknowledged["rename"]) == (2, 0)
    assert ledger.longest_pause == pytest.approx(9.75)


def test_a_rename_that_was_asked_twice_is_made_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "renamed").mkdir()
    rename = Path.rename

    def answered_late(self: Path, target: str) -> None:
        rename(self, target)
        rename(self, target)

    monkeypatch.setattr(Path, "rename", answered_late)
    with pytest.raises(journal.AskedTwice):
        journal.rename(b"line", 7)
    assert (tmp_path / "renamed/current").read_bytes() == b"line"
    assert Ledger.read("seed", "append 7 1.0\nrename 7 1.5 twice\n").twice == ("rename 7",)


def test_a_rename_that_lost_its_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "renamed").mkdir()
    (tmp_path / "renamed/current").write_bytes(b"earlier")
    monkeypatch.setattr(Path, "rename", lambda self, _: self.unlink() or self.stat())
    with pytest.raises(FileNotFoundError):
        journal.rename(b"line", 7)


def test_power_is_cut_for_the_block_and_the_server_brought_back() -> None:
    done: list[str] = []
    switch = SimpleNamespace(
        cut_power=lambda role: done.append(f"cut {role}"), restore_power=lambda role: done.append(f"restore {role}")
    )
    power = storage_power(cast(Any, switch), cast(Any, SimpleNamespace(ensure_serving=lambda: done.append("serve"))))
    with pytest.raises(KeyError), power.cut():
        done.append("meanwhile")
        raise KeyError
    assert done == ["cut storage", "meanwhile", "restore storage", "serve"]


def test_an_engine_whose_machines_share_a_kernel_cannot_cut_power() -> None:
    engine = SimpleNamespace(name="docker")
    with pytest.raises(EnvironmentFailure, match=r"docker engine cannot cut .* Use --engine=lab"):
        storage_power(cast(Any, engine), cast(Any, None))


# The world of an engine whose machines share a kernel, as far as a scenario comes in it.
_SHARED_KERNEL = """
from types import SimpleNamespace
import pytest

pytest_plugins = ["certify.plugin", "fixtures.plugin"]

@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    return SimpleNamespace(name="docker", folder=lambda: folder, reconnect=lambda role: None)

@pytest.fixture(scope="session")
def nfs_server():
    nothing = dict.fromkeys(("ensure_serving", "restart", "kill", "refusing"), lambda: None)
    return SimpleNamespace(collect_logs=dict, **nothing)

@pytest.fixture(scope="session")
def refused_versions():
    return {}

@pytest.fixture(scope="session")
def client_host():
    client = SimpleNamespace(release=lambda: None, mount_table=str)
    return SimpleNamespace(client=lambda name: client)

other_client_host = client_host
"""


@pytest.mark.parametrize(
    "scenario",
    [
        "export/test_sync_export_keeps_what_it_acknowledged.py",
        "export/test_async_export_may_lose_what_it_acknowledged.py",
        "recovery/test_random_faults_lose_nothing.py",
    ],
)
def test_a_power_cut_that_cannot_be_is_inconclusive_with_the_reason(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, scenario: str
) -> None:
    repository = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", str(repository))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider\n")
    pytester.makeconftest(_SHARED_KERNEL)
    suites = pytester.path / "suites"
    suites.mkdir()
    (suites / Path(scenario).name).write_bytes((repository / "suites" / scenario).read_bytes())
    run = pytester.runpytest_subprocess("suites", "--profile=full", "--nfs-versions=4.2")
    (line,) = (pytester.path / "reports" / "latest" / "results.jsonl").read_text().splitlines()
    result = json.loads(line)
    assert result["verdict"] == "INCONCLUSIVE", run.stdout.str()
    assert "the docker engine cannot cut the storage machine's power" in result["message"]
    assert run.ret != 0, "what could not be judged has not passed"


class _Machine:
    """Notes what it is to run, and does not."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def require_own_machine(self, purpose: str) -> None: ...

    def sh(self, script: str, *arguments: str, timeout: float | None = None) -> CommandResult:  # noqa: ARG002
        return self.run([script, *arguments])

    def run(self, argv: list[str]) -> CommandResult:
        self.told.append(tuple(argv))
        return CommandResult(tuple(argv), 0, b"", b"")


# ip(8) as a client has it whose own address is 10.1.0.2.
_IP = """
ip() { case "$*" in "route get "*) echo "$3 via 10.1.0.1 dev eth0 src 10.1.0.2 uid 0" ;; *) echo "$*" ;; esac; }
"""


def test_a_client_that_hears_no_answers_has_the_servers_address_and_sends_from_its_own() -> None:
    client = _Machine()
    with pytest.raises(KeyError), answers_lost(cast(Any, client), "10.0.0.9"):
        raise KeyError
    (script, *arguments), undo = client.told
    done = subprocess.run(
        ["sh", "-c", f"{_IP}\n{script}", "sh", *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout == "route add local 10.0.0.9 dev lo src 10.1.0.2\n"
    assert undo == ("ip", "route", "del", "local", "10.0.0.9")


def _machines(name: str, *, separate: bool) -> Any:
    return SimpleNamespace(name=name, facts=lambda: SimpleNamespace(separate_kernels=separate))


def test_memory_is_not_made_short_on_a_kernel_that_others_use() -> None:
    with pytest.raises(EnvironmentFailure, match="one kernel for everything"):
        MemoryPressure(_machines("docker", separate=False), cast(Any, _Machine()), cast(Any, None))


def test_client_and_server_give_back_what_they_cache() -> None:
    client, server = _Machine(), _Machine()
    filer = cast(Any, SimpleNamespace(shell=lambda purpose: server))  # noqa: ARG005
    MemoryPressure(_machines("lab", separate=True), cast(Any, client), filer).rise()
    assert client.told == server.told != []


def test_a_disk_that_nobody_felt_fail_proves_nothing() -> None:
    must_be_felt(Ledger("seed", {"append": 3}, error="append 3 [Errno 5] Input/output error"))
    with pytest.raises(EnvironmentFailure, match="did not fail: 3 changes were acknowledged, and all are there"):
        must_be_felt(Ledger("seed", {"append": 3}))
