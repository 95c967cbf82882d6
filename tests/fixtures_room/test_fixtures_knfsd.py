"""The knfsd provider: lines of exports(5), its container, its files."""

import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

import fixtures.servers.knfsd.provider as knfsd
from certify.errors import EnvironmentFailure, Violation
from fixtures.engines.engine import StoragePlan
from fixtures.sabotage import HONEST, SABOTAGES, Sabotage
from fixtures.servers import container_server
from fixtures.servers.container_server import KIND_LABEL, LABELS, acquire
from fixtures.servers.knfsd.options import export_line, listed_options
from fixtures.servers.server import Export
from fixtures.waiting.patience import DeadlineExceeded
from tests.fixtures_room.fakes import FakeContainer, FakeContainers, result

PLAN = StoragePlan(network="host", disk="/data", address="10.99.0.3")
LISTED = """\
/usr/local/kubernetes/volumes/a  *(sync,wdelay,hide,no_subtree_check,fsid=1,sec=sys,rw,secure,root_squash,no_all_squash)
/usr/local/kubernetes/volumes/a-very-long-name-that-wraps
\t\t10.0.0.0/8(async,ro,no_root_squash)
"""


MARKS = {**LABELS, KIND_LABEL: "knfsd"}


def _server(container: FakeContainer, sabotage: Sabotage = HONEST) -> knfsd.Knfsd:
    return knfsd.Knfsd(cast(Any, container), "10.99.0.3", sabotage)


def _acquire(containers: FakeContainers) -> knfsd.Knfsd:
    return acquire(knfsd.Knfsd, cast(Any, containers), PLAN, "image")


def test_an_export_keeps_its_identity_whatever_its_options() -> None:
    first, second = (export_line("/srv/a", "*", options, "a") for options in ("rw,sync", "ro"))
    assert first.startswith("/srv/a *(rw,sync,fsid=")
    assert first.rpartition("fsid=")[2] == second.rpartition("fsid=")[2]
    assert export_line("/srv/a", "10.0.0.0/8", "rw,fsid=7", "a") == "/srv/a 10.0.0.0/8(rw,fsid=7)\n"


def test_effective_options_are_read_in_both_of_exportfs_layouts() -> None:
    assert {"root_squash", "rw"} <= listed_options(LISTED, "/usr/local/kubernetes/volumes/a")
    long = listed_options(LISTED, "/usr/local/kubernetes/volumes/a-very-long-name-that-wraps")
    assert long == {"async", "ro", "no_root_squash"}
    assert listed_options(LISTED, "/elsewhere") == frozenset()


def test_a_lie_changes_options_one_by_one() -> None:
    lie = SABOTAGES["force-no-root-squash"]
    assert lie.options("rw,root_squash,sync") == "rw,sync,no_root_squash"
    assert HONEST.options("rw,root_squash") == "rw,root_squash"
    assert SABOTAGES["recycler-keeps-everything"].options("rw,root_squash") == "rw,root_squash"


def test_a_lie_may_change_only_what_was_asked_for() -> None:
    lie = SABOTAGES["squash-root-alone"]
    assert lie.options("rw,all_squash") == "rw,no_all_squash"
    assert lie.options("rw,sync") == "rw,sync"


def test_a_sabotaged_server_exports_something_else_than_it_says() -> None:
    listing = "/usr/local/kubernetes/volumes/a  *(sync,wdelay,rw,secure,no_root_squash,no_all_squash)\n"
    container = FakeContainer(
        answer=lambda argv: listing if "exportfs -s" in argv[-1] or "exportfs -s" in argv[2] else None
    )
    server = _server(container, SABOTAGES["force-no-root-squash"])
    export = server.export("a", "rw,sync")
    assert export.options == "rw,sync"
    assert any("no_root_squash" in word for word in container.commands[-1])
    assert {"root_squash", "rw", "sync"} <= server.effective_options(export)
    assert "no_root_squash" not in server.effective_options(export)


def test_a_server_that_serves_is_reused() -> None:
    there = FakeContainer(marks=MARKS)
    containers = FakeContainers([there])
    assert _acquire(containers).container is cast(Any, there)
    assert not containers.specs


def test_a_stopped_server_is_started_again() -> None:
    there = FakeContainer(marks=MARKS, is_running=False)
    _acquire(FakeContainers([there]))
    assert there.told == ["start"]


def test_a_server_that_does_not_come_back_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = FakeContainer(marks=MARKS, answer=lambda _: result(code=1))
    containers = FakeContainers([broken])

    def fail(**_: object) -> None:
        raise DeadlineExceeded("never")

    monkeypatch.setattr(container_server, "eventually", lambda *_, **__: fail())
    server = _acquire(containers)
    assert broken.told == ["remove"]
    assert server.container is cast(Any, containers.made)
    (spec,) = containers.specs
    assert spec.volumes == {"/data": "/disk"}
    assert spec.files["/start.sh"].startswith(b"#!/bin/sh")


def test_exports_of_other_runs_are_removed_and_only_those() -> None:
    container = FakeContainer(answer=lambda argv: "a-0123abcd.exports b-99999999.exports" if "ls " in argv[2] else None)
    _server(container).remove_others("0123abcd")
    removed = [command[4] for command in container.commands if "rm -f" in command[2]]
    assert removed == ["b-99999999"]


def test_lookups_of_groups_that_an_earlier_run_left_on_are_ended_and_only_those() -> None:
    container = FakeContainer(answer=lambda argv: "a-0123abcd" if argv[2].startswith("cat ") else None)
    _server(container).remove_others("0123abcd")
    assert not any("rpc.mountd" in command[2] for command in container.commands)
    _server(container).remove_others("99999999")
    assert any("rpc.mountd" in command[2] for command in container.commands)


def test_facts_have_the_periods_that_are_in_effect() -> None:
    container = FakeContainer(answer=lambda _: "7.2.0\nmount.nfs: 2.8\n+3 +4\next2/ext3\n10 s\n12 s\n")
    facts = _server(container).facts()
    assert (facts["kernel"], facts["grace period"], facts["lease"]) == ("7.2.0", "10 s", "12 s")


def test_files_are_described_as_find_prints_them() -> None:
    container = FakeContainer(answer=lambda _: "f 999 998 640 12 a\nfile\0d 0 0 1777 4096 .dir\0")
    tree = _server(container).files(Export("a", "/srv/a", "rw")).tree()
    assert [entry.path for entry in tree] == [".dir", "a\nfile"]
    assert (tree[1].owner, tree[1].mode, tree[1].size) == ("999:998", 0o640, 12)


def test_a_file_that_is_missing_on_the_server_is_a_violation() -> None:
    container = FakeContainer(answer=lambda _: result(code=1, err="find: './x': No such file or directory"))
    files = _server(container).files(Export("a", "/srv/a", "rw"))
    for look in (files.stat, files.read, files.sha256):
        with pytest.raises(Violation, match="x is on the server"):
            look("x")


def test_a_server_that_cannot_be_asked_is_no_violation() -> None:
    container = FakeContainer(answer=lambda _: result(code=1, err="no such container"))
    with pytest.raises(EnvironmentFailure, match="export /usr/local/kubernetes/volumes/a"):
        _server(container).export("a", "rw")


def test_the_start_script_is_valid_shell() -> None:
    script = Path(knfsd.__file__).with_name("start.sh")
    subprocess.run(["sh", "-n", str(script)], check=True)
