"""A server that is not ours: which export is taken, what hooks are told, and what is said when one is missing."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify import target
from certify.errors import EnvironmentFailure
from certify.export_line import completed
from certify.target import Nfs
from certify.target_server import NOT_PUBLISHED, Server
from fixtures.commands import CommandResult
from fixtures.engines.engine import PowerSwitch
from fixtures.faults.power import storage_power
from fixtures.servers.external.hooks import HookShell, OperatorHooks
from fixtures.servers.external.offers import Offer, find
from fixtures.servers.external.provider import External
from fixtures.servers.server import FailingDisk, Limit, Restartable
from tests.fixtures_room.fakes import result

SQUASHED = Offer("/squashed", completed("rw"))
OPEN = Offer("/open", completed("rw,no_root_squash,insecure"))


def _hooks(**commands: object) -> OperatorHooks:
    server = {"kind": "external", "export": "filer:/vol", "directory": "/srv", "hooks": commands}
    return OperatorHooks(Server.model_validate(server))


class FakeClient:
    """Answers every script of the helper; `said` holds their arguments, `ends` how a connection of a session does."""

    def __init__(
        self, answer: str = "", code: int = 0, ends: str = "no error", refuses: str = "", error: str = ""
    ) -> None:
        self.answer, self.code, self.ends, self.refuses, self.error = answer, code, ends, refuses, error
        self.said: list[tuple[str, ...]] = []

    def sh(self, script: str, *arguments: str, timeout: float = 30) -> CommandResult:  # noqa: ARG002
        self.said.append(arguments)
        if "mountstats" in script and self.answer.startswith("{"):  # which is what a look at an export prints
            return result("90\n")
        return result(self.answer, self.code, self.error)

    def try_mount(self, server: str, path: str, options: str) -> tuple[CommandResult, str]:  # noqa: ARG002
        """Refuses what has one of the options `refuses`."""
        refused = bool(set(self.refuses.split()) & set(options.split(",")))
        return result(code=32 if refused else 0), "/mnt"

    def try_mount_at(self, where: str, server: str, path: str, options: str) -> CommandResult:
        self.said.append((where, options, f"{server}:{path}"))
        return result(code=self.code, err=self.error)

    def unmount_at(self, where: str) -> None:
        self.said.append((where,))

    def run(self, argv: list[str], timeout: float = 30) -> CommandResult:  # noqa: ARG002
        self.said.append(tuple(argv))
        return result(self.answer, code=self.code)

    def session(self) -> SimpleNamespace:
        return SimpleNamespace(
            do=lambda code: None,  # noqa: ARG005
            attempt=lambda code: SimpleNamespace(error=self.ends),  # noqa: ARG005
            kill=lambda: None,
        )


def seen(**values: object) -> str:
    """What the look at an export prints, where nothing is wrong with it."""
    well = {"size": 9000, "free": 8000, "root": "0:0", "somebody": "1000:1000", "clock": 0}
    return json.dumps({**well, "snapshots": [], "nested": [], **values})


def _server(client: FakeClient, *, nfs: dict[str, Any] | None = None, **values: Any) -> External:
    where = {} if "address" in values else {"export": "filer:/vol/k8s"}
    told = Server.model_validate({"kind": "external", **where, **values})
    return External(told, Nfs.model_validate(nfs or {}), cast(Any, client))


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ("rw,sync,no_subtree_check", SQUASHED),
        ("rw,sync,no_subtree_check,no_root_squash", OPEN),
        ("rw,root_squash", SQUASHED),
        ("rw,insecure", OPEN),
        ("ro", None),
        ("rw,async", None),
        ("rw,subtree_check", None),
    ],
)
def test_the_first_export_is_taken_that_has_every_option_asked_for(asked: str, taken: Offer | None) -> None:
    assert find([SQUASHED, OPEN], asked) is taken


def test_a_hook_finds_the_server_and_what_is_asked_in_its_environment() -> None:
    hooks = _hooks(export_options='echo "$NFS_SERVER $NFS_DIRECTORY $NFS_ACTION"')
    assert hooks.call("export_options", "export /a", {"NFS_ACTION": "export"}) == "filer /srv export\n"
    assert hooks.names() == ["export_options"]


def test_a_missing_hook_is_named_with_what_it_would_be_for() -> None:
    with pytest.raises(EnvironmentFailure, match=r"cannot restart it: .* server\.hooks\.restart of the target file"):
        _hooks().call("restart", "restart it")


def test_a_hook_that_fails_is_quoted() -> None:
    with pytest.raises(EnvironmentFailure, match=r"could not restart it: `hook restart` exited 3: no route"):
        _hooks(restart="echo no route to the filer >&2; exit 3").call("restart", "restart it")


def test_a_hook_that_hangs_ends_at_its_deadline_with_all_it_started() -> None:
    began = time.monotonic()
    with pytest.raises(EnvironmentFailure, match=r"hook restart.*no end within its deadline of 0\.2 s"):
        _hooks(restart={"command": "sleep 60 & wait", "deadline": 0.2}).call("restart", "restart it")
    assert time.monotonic() - began < 10


def test_the_shell_hook_runs_whole_scripts_with_their_arguments() -> None:
    shell = HookShell(_hooks(shell="sh"))
    run = shell.sh('cat; printf %s "$2"; exit 7', "a", "it's b")
    assert (run.code, run.stdout) == (7, "it's b"), "what is read from standard input is not the script"
    assert shell.sh("sleep 60", timeout=0.2).timed_out


def test_directories_are_made_in_a_given_export_and_removed(tmp_path: Path) -> None:
    (tmp_path / "vol/k8s").mkdir(parents=True)
    server = _server(FakeClient(seen()), directory=str(tmp_path), hooks={"shell": "sh"})
    export = server.export("one-0123abcd", "rw,no_root_squash")
    folder = tmp_path / "vol/k8s/nfs-conformance"
    assert export.path == "/vol/k8s/nfs-conformance/one-0123abcd"
    assert (folder / export.name).stat().st_mode & 0o777 == 0o777
    server.files(export).write("data", b"there", uid=(folder / export.name).stat().st_uid)
    assert (folder / export.name / "data").read_bytes() == b"there"
    assert server.effective_options(export) == {"rw", "no_root_squash", "sync", "secure"}

    (folder / "old-99999999").mkdir()
    server.remove_others("0123abcd")
    assert [entry.name for entry in folder.iterdir()] == [export.name]
    server.remove(export)
    server.leave()
    assert list((tmp_path / "vol/k8s").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "more"),
    [("rw,root_squash", {}), ("rw", {"clients": "10.0.0.1"}), ("", {"exactly": True})],
    ids=["no such export", "address rule", "defaults"],
)
def test_what_no_given_export_has_needs_the_hook(options: str, more: dict[str, Any]) -> None:
    server = _server(FakeClient(seen()))
    with pytest.raises(EnvironmentFailure, match=r"server\.hooks\.export_options of the target file"):
        server.export("one", options, **more)


def test_a_directory_of_roots_cannot_be_had_where_root_is_squashed() -> None:
    server = _server(FakeClient("65534\n"), address="filer", exports=[{"path": "/a", "options": "rw"}])
    with pytest.raises(EnvironmentFailure, match=r"a client's root is user 65534 there.*server\.hooks\.shell"):
        server.export("one", "rw", mode=0o755)


def test_the_export_hook_is_told_everything_and_says_what_is_in_effect() -> None:
    client = FakeClient()
    command = 'echo "$NFS_ACTION $NFS_EXPORT [$NFS_OPTIONS] $NFS_CLIENTS $NFS_MODE" >&2; echo noise; echo "rw, sync"'
    server = _server(client, hooks={"export_options": command})
    export = server.export("one", "", clients="10.0.0.0/8", exactly=True)
    assert export.path == "/vol/nfs-conformance/one"
    assert server.effective_options(export) == {"rw", "sync"}
    server.withdraw(server.set_options(export, "ro"))
    server.remove(export)
    assert client.said == [("/server/vol/nfs-conformance/one",)], "it is unmounted before it goes"


HOOKS = {
    "restart": "true",
    "versions": "true",
    "kill": "true",
    "power_cut": 'test "$NFS_POWER" = off || test "$NFS_POWER" = on',
    "export_options": "echo rw",
}


def test_restart_and_power_are_the_operators() -> None:
    client = FakeClient()
    server = _server(client, hooks=HOOKS)
    assert isinstance(server, Restartable)
    assert isinstance(server, PowerSwitch)
    server.restart()
    power = storage_power(cast(Any, None), server)
    client.code = 1  # nobody reaches it
    with power.cut():
        client.code = 0


@pytest.mark.parametrize(
    ("client", "do", "words"),
    [
        (FakeClient(ends="timed out"), lambda server: server.restart(), r"hooks\.restart .* still open \(timed out\)"),
        (FakeClient(ends="timed out"), lambda server: server.kill(), r"hooks\.kill .* still open"),
        (FakeClient(), lambda server: server.kill(), r"hooks\.kill .* port 2049 still accepts"),
        (FakeClient(), lambda server: server.refusing("3").__enter__(), r"hooks\.versions .* still mounts with NFS 3"),
        (
            FakeClient(refuses="vers=4.2"),
            lambda server: server.restart(),
            r"hooks\.restart .* no client can mount an export",
        ),
        (FakeClient(), lambda server: server.cut_power("storage"), r"hooks\.power_cut .* port 2049 still accepts"),
        (FakeClient(code=32), lambda server: server.export("one", "rw"), r"hooks\.export_options .* nobody can mount"),
    ],
    ids=["restart", "kill: open", "kill: accepts", "versions", "restart: no mount", "power_cut", "export_options"],
)
def test_a_hook_that_lies_is_named(client: FakeClient, do: Callable[[External], object], words: str) -> None:
    with pytest.raises(EnvironmentFailure, match=words):
        do(_server(client, hooks=HOOKS))


def test_a_report_holds_no_commands_of_hooks() -> None:
    text = '[server]\nkind = "external"\nexport = "filer:/a"\n[server.hooks]\nshell = "sshpass -p hush ssh filer"\n'
    published = target.parse(text).published()
    assert "hush" not in str(published)
    assert published["server"]["hooks"] == {"shell": {"command": NOT_PUBLISHED, "deadline": 60}}
    assert target.from_values(published).server.address == "filer"


def test_a_killed_server_is_started_by_the_hook_restart(tmp_path: Path) -> None:
    client = FakeClient(code=1)  # nobody reaches it
    started = tmp_path / "started"
    server = _server(client, hooks={"kill": "true", "restart": f"touch {started}"})
    server.kill()
    client.code = 0
    server.ensure_serving()
    assert started.exists()


def test_a_version_is_left_out_by_the_hook_and_offered_again(tmp_path: Path) -> None:
    told = tmp_path / "told"
    server = _server(FakeClient(refuses="vers=3"), hooks={"versions": f'echo "[$NFS_WITHOUT]" >> {told}'})
    with server.refusing("3") as refused:
        assert refused == "3"
        assert told.read_text() == "[3]\n"
    assert told.read_text() == "[3]\n[]\n"


def test_without_a_hook_a_version_that_nobody_declared_is_refused() -> None:
    with _server(FakeClient(refuses="vers=4.1"), nfs={"versions": ["3", "4.2"]}).refusing("3") as refused:
        assert refused == "4.1"
    everything = _server(FakeClient())
    with pytest.raises(EnvironmentFailure, match=r"server\.hooks\.versions"):
        everything.refusing("3").__enter__()


@pytest.mark.parametrize(
    ("answer", "told", "lease", "grace"),
    [
        ("90\n150\n", {}, 150, 150),
        ("", {}, 90, 90),
        ("90\n", {"lease": 45}, 45, 45),
        ("60\n", {"grace": 120}, 60, 120),
    ],
    ids=["asked", "NFS 3", "declared", "grace of its own"],
)
def test_lease_and_grace_are_the_servers_own(answer: str, told: dict[str, Any], lease: float, grace: float) -> None:
    server = _server(FakeClient(answer), **told)
    assert (server.lease, server.grace) == (lease, grace)


def test_the_anonymous_user_is_the_exports() -> None:
    options = "rw,root_squash,anonuid=1025,anongid=100"
    server = _server(FakeClient("0\n"), address="filer", exports=[{"path": "/a", "options": options}])
    assert server.anonymous(server.export("one", "rw")) == "1025:100"
    found = _server(FakeClient(seen(root="99:99")))
    assert found.anonymous(found.export("one", "rw")) == "99:99"


class UnwritableExport(FakeClient):
    """Mounts what it is told to; whatever else it tries there is refused."""

    def try_mount_at(self, where: str, server: str, path: str, options: str) -> CommandResult:  # noqa: ARG002
        return result()


@pytest.mark.parametrize("exports", [{}, {"address": "filer", "exports": [{"path": "/a", "options": "rw"}]}])
def test_an_export_in_which_root_may_not_write_is_named_with_what_to_do(exports: dict[str, Any]) -> None:
    refused = "mkdir: cannot create directory 'nfs-conformance': Permission denied"
    client = FakeClient(seen(root="EACCES")) if not exports else UnwritableExport(error=refused, code=1)
    with pytest.raises(EnvironmentFailure, match=r"may not write in /\w+.*chmod 1777.*hooks\.shell"):
        _server(client, **exports).export("one", "rw")


def test_its_own_shell_is_the_hook() -> None:
    with pytest.raises(EnvironmentFailure, match=r"cannot list its connections: .*server\.hooks\.shell"):
        _server(FakeClient()).shell("list its connections")
    assert _server(FakeClient(), hooks={"shell": "sh"}).shell("greet").sh("echo hello").stdout == "hello\n"


def test_files_are_looked_at_through_a_mount_that_believes_nothing_it_saw_before() -> None:
    client = FakeClient(seen())
    _server(client).export("one", "rw")
    (mounted,) = {said for said in client.said if said[-1] == "filer:/vol/k8s"}
    assert mounted[1] == "vers=4.2,actimeo=0,lookupcache=none"


def test_the_server_is_reached_at_the_port_of_its_mounts() -> None:
    client = FakeClient(seen())
    _server(client, nfs={"mount_options": ["port=20049"]}).ensure_serving()
    assert client.said[0][-1] == "20049"


SMALL = {"path": "/small", "options": "rw,no_root_squash", "limit": "64Mi"}
QUOTA = {"quota": {"user": 1000, "limit": "4Mi"}}


def test_a_small_export_is_taken_by_those_who_fill_it_and_by_nobody_else() -> None:
    exports = [{**SMALL, **QUOTA}, {"path": "/big", "options": "rw,no_root_squash"}]
    server = _server(FakeClient("0\n"), address="filer", exports=exports)
    small = server.export("one", "rw", limit=Limit(48, user=1234, user_mebibytes=8))
    assert (small.path, small.limit) == ("/small/nfs-conformance/one", Limit(64, 1000, 4))
    assert server.export("two", "rw").path == "/big/nfs-conformance/two"
    without_quota = _server(FakeClient("0\n"), address="filer", exports=[SMALL])
    assert without_quota.export("one", "rw", limit=Limit(48)).limit == Limit(64)
    with pytest.raises(EnvironmentFailure, match=r"limit = '64Mi', quota = \{ user = 1234, limit = '8Mi' \}"):
        without_quota.export("one", "rw", limit=Limit(48, user=1234, user_mebibytes=8))


def test_the_export_hook_is_told_how_small_and_is_not_believed() -> None:
    hooks = {"export_options": 'echo "$NFS_LIMIT $NFS_QUOTA" >&2; [ "$NFS_QUOTA" = 1234:8 ] && echo rw'}
    server = _server(FakeClient("12000 4096\n"), hooks=hooks)  # clients see 46 MiB
    limit = Limit(48, user=1234, user_mebibytes=8)
    assert server.export("one", "rw", limit=limit).limit == limit
    heedless = _server(FakeClient("1200000 4096\n"), hooks={"export_options": "echo rw"})
    with pytest.raises(EnvironmentFailure, match=r"NFS_LIMIT was 48 MiB, clients see 4687 MiB"):
        heedless.export("one", "rw", limit=limit)


def test_a_failing_disk_is_the_operators(tmp_path: Path) -> None:
    told = tmp_path / "told"
    disk = f'echo "$NFS_DISK $NFS_EXPORT" >> {told}'
    given = _server(FakeClient("0\n"), address="filer", exports=[SMALL], hooks={"disk": disk})
    assert isinstance(given, FailingDisk)
    small = given.export("one", "rw", limit=Limit(48))
    with given.failing_disk(small):
        assert told.read_text() == f"fails {small.path}\n"
    assert told.read_text() == f"fails {small.path}\nworks {small.path}\n"

    told.unlink()
    hooks = {"disk": disk, "export_options": f'echo "$NFS_ACTION $NFS_EXPORT" >> {told}; echo rw'}
    server = _server(FakeClient("12000 4096\n"), hooks=hooks)
    made = server.export("two", "rw", limit=Limit(48))
    with server.failing_disk(made):
        pass
    actions = [line.split()[0] for line in told.read_text().splitlines()]
    assert actions == ["export", "fails", "withdraw", "works", "export"], "nothing is exported while it is repaired"
    with pytest.raises(EnvironmentFailure, match=r"server\.hooks\.disk"), _server(FakeClient()).failing_disk(small):
        pass
