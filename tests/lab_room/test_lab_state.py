"""The record of what is up, and who may use it."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from lab import paths, state
from lab.errors import LabError
from lab.processes import ProcessId
from lab.state import State

NO_PID = 2**22 + 1  # above the highest pid that Linux gives out


@pytest.fixture
def record() -> State:
    """A world held by this process."""
    holder = ProcessId.of(os.getpid())
    golden = {"cluster": None, "storage": "/cache/golden/system.img"}
    return State(holder.pid, holder.started, "key", "bare", 2560, 640, 1, 0, golden)


@pytest.fixture
def file() -> Path:
    return paths.world_folder() / "state.json"


def test_what_is_saved_is_loaded(record: State) -> None:
    record.save()
    assert state.load() == record


def test_a_cache_folder_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NFS_CONFORMANCE_CACHE", "/proc/nowhere")
    with pytest.raises(LabError, match=r"/proc/nowhere.* cannot be made .*NFS_CONFORMANCE_CACHE"):
        state.take("a test")


def test_only_its_owner_may_read_the_record(record: State, file: Path) -> None:
    record.save()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_record_replaces_the_earlier_one(record: State, file: Path) -> None:
    replace(record, recipe="x" * 1000).save()
    record.save()
    assert state.load() == record
    assert list(file.parent.iterdir()) == [file]


def test_a_record_that_is_not_finished_leaves_the_earlier_one(record: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Path) -> None:
        raise OSError("interrupted")

    record.save()
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="interrupted"):
        replace(record, recipe="later").save()
    assert state.load() == record


def test_no_record_is_none() -> None:
    assert state.load() is None


def test_a_record_whose_holder_is_gone_counts_as_none(record: State) -> None:
    replace(record, holder_pid=NO_PID).save()
    assert state.load() is None


def test_a_record_whose_holders_pid_went_to_another_process_counts_as_none(record: State) -> None:
    replace(record, holder_started=record.holder_started - 1).save()
    assert state.load() is None


@pytest.mark.parametrize("content", [b"", b'{"holder_pid": 1', b"[]", b"{}", b'{"surprise": 1}', b"\xff\x00"])
def test_a_corrupt_record_counts_as_none(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    assert state.load() is None


def test_a_record_with_a_field_less_counts_as_none(record: State, file: Path) -> None:
    fields = asdict(record)
    del fields["golden"]
    file.write_text(json.dumps(fields))
    assert state.load() is None


def test_a_second_taker_is_refused_and_told_of_the_first() -> None:
    first = state.take("python -m lab up")
    try:
        with pytest.raises(LabError) as refusal:
            state.take("python -m lab down")
    finally:
        os.close(first)
    for words in (f"process {os.getpid()}", "python -m lab up", "NFS_CONFORMANCE_CACHE"):
        assert words in str(refusal.value)


def test_the_lab_is_free_again_after_use_and_after_a_failure() -> None:
    with state.exclusive("a command with a long name"):
        pass
    with pytest.raises(OSError, match="busy"), state.exclusive("first"):
        raise OSError("busy")
    with state.exclusive("second"), pytest.raises(LabError, match=r"process \d+ \(second\): wait"):
        state.take("third")


def test_another_cache_is_another_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with state.exclusive("first"):
        monkeypatch.setenv("NFS_CONFORMANCE_CACHE", str(tmp_path / "other"))
        with state.exclusive("second"):
            pass
