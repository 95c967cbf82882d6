"""nfs-ganesha behind the same protocol: its configuration, and which of two servers has the ports."""

import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

import fixtures.servers.ganesha.provider as ganesha
from certify.errors import NotSupported
from fixtures.engines.engine import StoragePlan
from fixtures.servers.container_server import KIND_LABEL, LABELS, acquire
from fixtures.servers.ganesha.config import effective_options, export_block, export_id
from fixtures.servers.ganesha.provider import Ganesha
from fixtures.servers.server import Account
from tests.fixtures_room.fakes import FakeContainer, FakeContainers

PLAN = StoragePlan(network="host", disk="/data", address="10.99.0.3")


def block(options: str) -> str:
    return export_block("/srv/a", "/disk/root/srv/a", "10.0.0.0/8 10.1.0.1", options, "a")


def test_defaults_are_those_of_exports_5() -> None:
    assert {"ro", "root_squash", "no_all_squash", "secure", "sync"} <= effective_options(block(""))
    assert {"anonuid=65534", "anongid=65534"} <= effective_options(block("rw"))


def test_options_are_translated_and_read_back() -> None:
    text = block("rw,sync,all_squash,anonuid=999,anongid=999,insecure")
    assert "Clients = 10.0.0.0/8, 10.1.0.1; Access_Type = RW;" in text
    assert 'Pseudo = "/srv/a";' in text
    assert {"rw", "all_squash", "insecure", "anonuid=999", "anongid=999"} <= effective_options(text)
    assert "no_root_squash" in effective_options(block("rw,no_root_squash"))


def test_what_ganesha_has_nothing_for_is_not_supported() -> None:
    with pytest.raises(NotSupported, match=r"nfs-ganesha has no option async, subtree_check"):
        block("rw,async,subtree_check")


def test_numbers_are_stable_and_never_that_of_the_root() -> None:
    assert export_id("a") == export_id("a") != export_id("b")
    assert all(1 <= export_id(str(number)) <= 65534 for number in range(1000))


def test_a_server_of_another_kind_is_stopped_in_order_before_this_one_starts() -> None:
    knfsd = FakeContainer(marks={**LABELS, KIND_LABEL: "knfsd"})
    containers = FakeContainers([knfsd])
    server = acquire(Ganesha, cast(Any, containers), PLAN, "image")
    assert knfsd.told == ["stop", "remove"]
    assert server.container is not cast(Any, knfsd)


def test_a_restart_names_the_version_that_is_not_offered() -> None:
    container = FakeContainer()
    Ganesha(cast(Any, container), "10.99.0.3").restart(without_version="4.2")
    assert container.told == ["restart"]
    assert container.commands[0][-1] == "4.2"


def test_facts_have_the_periods_that_it_was_started_with() -> None:
    facts = Ganesha(cast(Any, FakeContainer(answer=lambda _: "7.2.0\nV9\next2/ext3\n")), "10.99.0.3").facts()
    assert (facts["nfs-ganesha"], facts["grace period"], facts["lease"]) == ("V9", "10 s", "10 s")


def test_groups_are_looked_up_for_one_export() -> None:
    container = FakeContainer()
    server = Ganesha(cast(Any, container), "10.99.0.3")
    export = server.export("a", "rw")
    assert any("Manage_Gids = false;" in word for word in container.commands[-1])
    server.look_up_groups(export, Account(4567, 4567, (5001, 5002)))
    assert container.commands[-2][4:] == ["4567", "4567", "5001", "5002"]
    assert any("Manage_Gids = true;" in word for word in container.commands[-1])


def test_the_start_script_is_valid_shell() -> None:
    script = Path(ganesha.__file__).with_name("start.sh")
    subprocess.run(["sh", "-n", str(script)], check=True)
