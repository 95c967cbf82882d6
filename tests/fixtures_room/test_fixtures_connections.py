"""Connections to the server, by its own eyes or the node's; and whether it sees clients under their addresses."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify.errors import EnvironmentFailure
from certify.target import from_values
from fixtures.scenario import connections
from fixtures.scenario.connections import Connections
from fixtures.session import permissions
from tests.fixtures_room.fakes import result

OURS = "0 0 10.99.0.3:2049 [::ffff:172.30.0.2]:999"
OTHER = "0 0 10.99.0.3:2049 172.30.0.20:998"
NODES = "0 0 172.30.0.2:999 10.99.0.3:2049"
POD = {"status": {"hostIP": "172.30.0.2"}, "spec": {"nodeName": "worker"}}


class FakeServer:
    """Lists `listing`; without one there is no way to its machine."""

    endpoint = "10.99.0.3"

    def __init__(self, listing: str | None) -> None:
        self._listing = listing

    def shell(self, purpose: str) -> Any:
        if self._listing is None:
            raise EnvironmentFailure(f"cannot {purpose}")
        return SimpleNamespace(sh=lambda *_: result(self._listing or ""))


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The fixture functions, in a world whose target and node are these."""
    told = from_values({"nfs": {"mount_options": ["port=2049"]}})
    for module in (connections, permissions):
        monkeypatch.setattr(module, "target", lambda _: told)

    def nodes(_: str) -> Any:
        return SimpleNamespace(sh=lambda *_: result(f"{NODES}\n"))

    evidence = SimpleNamespace(attach=lambda *_: None)

    def make(name: str, server: FakeServer) -> Any:
        function = cast(Any, getattr(connections, name)).__wrapped__
        world = {"nfs_server": server, "evidence": evidence, "pytestconfig": None}
        return function(**world, **({"nodes": nodes} if name == "connections" else {}))

    return make


def test_the_server_is_asked_first(ask: Any) -> None:
    assert ask("connections", FakeServer(f"{OURS}\n{OTHER}\n"))(POD) == Connections("the server", [OURS])


@pytest.mark.parametrize("listing", [f"{OTHER}\n", None], ids=["behind NAT", "no way to its machine"])
def test_a_node_that_the_server_does_not_see_is_asked_itself(ask: Any, listing: str | None) -> None:
    assert ask("connections", FakeServer(listing))(POD) == Connections("the node", [NODES])


def test_where_nobody_can_look_it_is_said(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    existing = from_values(
        {
            "server": {"kind": "external", "export": "filer:/a"},
            "cluster": {"kind": "existing", "kubeconfig": "k", "context": "c"},
        }
    )
    for module in (connections, permissions):
        monkeypatch.setattr(module, "target", lambda _: existing)
    with pytest.raises(EnvironmentFailure, match="cannot list its connections"):
        ask("connections", FakeServer(None))(POD)
    with pytest.raises(EnvironmentFailure, match=r"sees no connection from 172\.30\.0\.2"):
        ask("connections", FakeServer(OTHER))(POD)


def _client(address: str) -> Any:
    session = SimpleNamespace(do=lambda _: None, kill=lambda: None)
    return SimpleNamespace(session=lambda: session, address=lambda: address)


def test_address_translation_is_named(ask: Any) -> None:
    prove = ask("own_addresses", FakeServer(f"{OURS}\n"))
    prove(_client("172.30.0.2"))
    with pytest.raises(EnvironmentFailure, match=r"client 172\.30\.0\.9 .*\(NAT\)"):
        prove(_client("172.30.0.2"), _client("172.30.0.9"))
    with pytest.raises(EnvironmentFailure, match="cannot see under which addresses"):
        ask("own_addresses", FakeServer(None))(_client("172.30.0.2"))
