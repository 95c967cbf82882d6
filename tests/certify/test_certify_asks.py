"""What judging asks of a server that the suite did not start, and what a target file gives of it."""

from typing import Any

import pytest

from certify.asks import Lack, asked, in_words, lacks
from certify.catalogue import Entry, published
from certify.declare import MUST
from certify.plan import plan_lines
from certify.requirement import ASKS, NFS_VERSIONS, Requirement
from certify.target import Nfs, Target, from_values
from certify.target_server import Server
from tests.certify.conftest import REPOSITORY

EXPORT = {"path": "/a", "options": "rw,no_root_squash"}


def _server(**values: Any) -> Server:
    where = {} if "exports" in values else {"export": "filer:/vol/k8s"}
    address = {"address": "filer"} if "exports" in values else {}
    return Server.model_validate({"kind": "external", **address, **where, **values})


@pytest.mark.parametrize(
    ("server", "word", "lack"),
    [
        (Server(), "own-server", []),
        (_server(), "own-server", [Lack("a server that the suite starts")]),
        (_server(), "restart", [Lack("hook restart")]),
        (_server(hooks={"restart": "true"}), "restart", []),
        (_server(), "versions", [Lack("hook versions", perhaps=True)]),
        (_server(), "addresses", [Lack(in_words("addresses"), perhaps=True)]),
        (_server(), "no_root_squash", [Lack("an export with no_root_squash", perhaps=True)]),
        (_server(), "insecure", [Lack("an export with insecure")]),
        (_server(hooks={"export_options": "true"}), "insecure", []),
        (_server(exports=[EXPORT]), "no_root_squash", []),
        (_server(exports=[EXPORT]), "root_squash", [Lack("an export with root_squash")]),
        (_server(exports=[{"path": "/a", "options": "rw"}]), "root_squash", []),
        (_server(exports=[{"path": "/a", "options": "sync"}]), "ro", []),
        (_server(exports=[EXPORT]), "limit", [Lack("an export with a limit")]),
        (_server(exports=[{**EXPORT, "limit": "64Mi"}]), "limit", []),
        (_server(exports=[{**EXPORT, "limit": "64Mi"}]), "quota", [Lack("an export with a quota")]),
        (_server(exports=[{**EXPORT, "limit": "64Mi", "quota": {"user": 1, "limit": "8Mi"}}]), "quota", []),
    ],
)
def test_a_target_file_gives_what_is_asked_or_lacks_it(server: Server, word: str, lack: list[Lack]) -> None:
    assert lacks(Target(server=server), [word]) == lack


def test_a_version_to_leave_out_is_there_only_where_one_is_not_declared() -> None:
    all_declared = Target(server=_server(), nfs=Nfs(versions=list(NFS_VERSIONS)))
    assert lacks(all_declared, ["versions"]) == [Lack("hook versions")]


def test_every_word_has_words_for_people() -> None:
    assert all(in_words(word) for word in ASKS)


def test_power_cuts_are_asked_of_the_server_as_well() -> None:
    assert "power_cut" in {word for entry in published().entries for word in asked(entry.requirement)}


BY_FIXTURE = {
    "restartable: ": {"restart", "kill", "versions"},
    "power: ": {"power_cut"},
    "failing_disk: ": {"disk"},
    "group_resolver: ": {"own-server"},
    "limit=Limit(": {"limit", "quota"},
    "exactly=True": {"export_options"},
    "nfs_server.set_options(": {"export_options"},
    "nfs_server.withdraw(": {"export_options"},
    "own_addresses(client": {"addresses"},
}


@pytest.mark.parametrize("entry", published().entries, ids=lambda entry: entry.requirement.id)
def test_what_a_scenario_uses_it_asks_for(entry: Entry) -> None:
    text = (REPOSITORY / entry.test).read_text() if entry.test else ""
    words = set(asked(entry.requirement))
    for use, any_of in BY_FIXTURE.items():
        assert use not in text or words & any_of, f"{entry.test} uses {use.strip(':( ')}: let it ask for {any_of}"


def _plan(target: Target, *requirements: Requirement) -> str:
    return "\n".join(plan_lines([(each.id, each) for each in requirements], {}, target))


def _requirement(number: int, *asks: str, features: tuple[str, ...] = ()) -> Requirement:
    return Requirement(f"NFSK8S-IO-{number:03}", MUST, frozenset(features), ("nfs(5)",), "0.2", "It holds.", asks=asks)


def test_the_plan_says_what_can_be_judged_and_what_more_would_give() -> None:
    target = from_values({"server": {"kind": "external", "export": "filer:/a"}})
    plan = _plan(
        target,
        _requirement(1),
        _requirement(2, "no_root_squash"),
        _requirement(3, "restart"),
        _requirement(4, "restart"),
        _requirement(5, "kill", "shell"),
        _requirement(6, features=("xattr",)),
        _requirement(7, "addresses"),
    )
    for line in (
        "NFSK8S-IO-002  (judged if there is an export with no_root_squash)",
        "NFSK8S-IO-003  (not judged without hook restart)",
        "NFSK8S-IO-005  (not judged without hook kill and hook shell)",
        "(not supported: xattr not declared)",
        "can be judged on this server: 3 of 7 scenarios",
        "demands 6 of them to pass, 3 can be judged, 1 of these if there is an export with no_root_squash, 1 of these "
        "if there is no router that puts another address in the place of a client's (NAT); for all of them give hook",
        "product.name and product.version are empty in the target file",
        "hook restart would let 2 more be judged",
        "1 need more than one of these",
        "1 are about features that the target does not declare",
    ):
        assert line in plan


def test_the_plan_for_a_server_of_the_suites_own_says_nothing_of_it() -> None:
    plan = _plan(Target(), _requirement(3, "restart"))
    assert "judged" not in plan
