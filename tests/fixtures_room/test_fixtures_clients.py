"""Clients: who they are, what their Python processes answer, and what is asked of which NFS version."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify.declare import MUST, requirement
from certify.errors import EnvironmentFailure, Violation
from fixtures.clients.host import user_command
from fixtures.clients.session import HANGS, NO_ERROR, Session
from fixtures.clients.session_agent import answer, past_cache
from fixtures.commands import CommandResult
from fixtures.plugin import pytest_collection_modifyitems
from tests.fixtures_room.fakes import FakeContainer, result


def _session(said: str | CommandResult) -> Session:
    return Session(cast(Any, FakeContainer(answer=lambda _: said)), "one")


def test_a_user_is_written_as_uid_gid_and_further_groups() -> None:
    assert user_command("1:2,3,4") == ("setpriv", "--reuid=1", "--regid=2", "--groups=3,4")
    assert user_command("1:2")[-1] == "--clear-groups"


def test_a_session_tells_values_errors_and_silence_apart() -> None:
    assert _session(json.dumps({"error": NO_ERROR, "value": [1, "a"]})).do("[1, 'a']") == [1, "a"]
    refused = _session(json.dumps({"error": "EAGAIN", "value": None}))
    assert refused.attempt("lock()").error == "EAGAIN"
    with pytest.raises(Violation, match="a client can do `lock"):
        refused.do("lock()")
    assert _session(result(code=124)).attempt("lock()").error == HANGS


def test_a_mistake_in_a_scenarios_code_is_no_violation() -> None:
    with pytest.raises(EnvironmentFailure, match="the code on the client is wrong: NameError"):
        _session(json.dumps({"bug": "NameError: name 'x' is not defined"})).attempt("x")


def test_the_agent_gives_the_last_expression_or_the_errno() -> None:
    names: dict[str, Any] = {}
    assert answer("x = 20\nx + 1", names) == {"error": NO_ERROR, "value": 21}
    assert answer("y = x", names) == {"error": NO_ERROR, "value": None}
    assert answer("open('/nowhere/at/all')", names)["error"] == "ENOENT"
    assert "ZeroDivisionError" in answer("1 / 0", names)["bug"]


def test_what_is_read_past_the_cache_is_the_beginning_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"on the disk")
    with (tmp_path / "file").open("rb") as file:
        file.read(3)
        assert past_cache(file.fileno(), 6) == b"on the"


@requirement("NFSK8S-IO-999", level=MUST, cites=["nfs(5)"], since="0.2", versions=["4.2"])
def _of_one_version() -> None:
    """It is so."""


def _of_all() -> None: ...


def _item(function: Any, version: str) -> Any:
    return SimpleNamespace(function=function, callspec=SimpleNamespace(params={"nfs_version": version}))


def test_a_requirement_that_names_versions_is_asked_on_those_alone() -> None:
    kept = [_item(_of_one_version, "4.2"), _item(_of_all, "3"), SimpleNamespace(function=_of_one_version)]
    items = [*kept, _item(_of_one_version, "3")]
    pytest_collection_modifyitems(cast(Any, SimpleNamespace()), items)
    assert items == kept


def test_workers_begin_with_those_that_have_the_server_alone_and_go_on_with_the_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fixtures.session.order.shipped_durations", lambda: {"short": 1.0, "long": 9.0, "alone": 3.0})
    short, long, alone, unknown = (
        SimpleNamespace(function=None, nodeid=name, get_closest_marker=lambda _, alone=name == "alone": alone or None)
        for name in ("short", "long", "alone", "unknown")
    )
    items: list[Any] = [unknown, short, long, alone]
    pytest_collection_modifyitems(cast(Any, SimpleNamespace(workerinput={})), items)
    assert items == [alone, long, short, unknown]
