"""The first look at an external server: each thing that a run would stumble over is named, with what to do."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify import __main__ as certify_command
from certify.errors import EnvironmentFailure
from certify.target import Nfs, from_values
from certify.target_server import Server
from fixtures import __main__ as command
from fixtures.clusters.cluster import Cluster, Node
from fixtures.commands import CommandResult
from fixtures.engines.choice import Choice
from fixtures.kube.client import Document
from fixtures.servers.external import doctor
from fixtures.servers.external.doctor import Finding, examine
from fixtures.servers.external.look_agent import look
from fixtures.session import first_look
from fixtures.session.first_look import Useless, look_at_server
from tests.fixtures_room.fakes import FakeKube, result
from tests.fixtures_room.test_fixtures_external import seen

ADDRESS = "172.30.0.9"
HERE = f"0 0 10.99.0.3:2049 {ADDRESS}:999\n"


class FakeClient:
    """Mounts all but the versions it refuses; sees an export as `look` says and the lease that the server answers."""

    def __init__(
        self, *, look: str = "", refuses: str = "", said: str = "", lease: str = "90", accepts: bool = True
    ) -> None:
        self._look, self._refuses, self._said, self._lease = look or seen(), refuses.split(), said, lease
        self._accepts = accepts

    def sh(self, script: str, *arguments: str, timeout: float = 30) -> CommandResult:  # noqa: ARG002
        if "mountstats" in script:
            return result(f"{self._lease}\n")
        return result(self._look if "python3" in script else "")

    def run(self, argv: list[str], timeout: float = 30) -> CommandResult:  # noqa: ARG002
        return result(code=0 if self._accepts else 1)

    def try_mount(self, server: str, path: str, options: str) -> tuple[CommandResult, str]:  # noqa: ARG002
        refused = options.split(",", maxsplit=1)[0].removeprefix("vers=") in self._refuses
        return result(code=32 if refused else 0, err=self._said or "mount.nfs: Protocol not supported"), "/mnt"

    def try_mount_at(self, where: str, server: str, path: str, options: str) -> CommandResult:  # noqa: ARG002
        return self.try_mount(server, path, options)[0]

    def unmount_at(self, where: str) -> None:
        assert where

    def session(self) -> SimpleNamespace:
        return SimpleNamespace(do=lambda _: None, kill=lambda: None)


def _look(client: FakeClient, nfs: dict[str, Any] | None = None, **server: Any) -> dict[str, Finding]:
    where = {} if "exports" in server else {"export": "filer:/vol"}
    told = Server.model_validate({"kind": "external", **where, **server})
    found = list(examine(told, Nfs.model_validate(nfs or {}), cast(Any, client), ADDRESS))
    return {finding.what: finding for finding in found}


def _given(**values: Any) -> dict[str, Any]:
    return {"address": "filer", "exports": [{"path": "/vol", **values}]}


def test_a_healthy_server_has_nothing_to_mend() -> None:
    findings = _look(FakeClient())
    assert [str(finding) for finding in findings.values()] == [
        "ok server: port 2049 of filer accepts connections",
        "ok versions: an export mounts with NFS 3, 4.0, 4.1, 4.2; declared are 3, 4.2",
        "ok lease: a lease of 90 s, as it answers, and a grace period of 90 s",
        "ok export /vol: rw,no_root_squash; 9000 MiB, 8000 free; root and uid 1000 may write",
        "ok clock: 0 s ahead of the client's",
        "ok addresses: which ones the server sees is not known without the hook shell",
    ]


@pytest.mark.parametrize(
    ("client", "server", "what", "words"),
    [
        (FakeClient(refuses="4.2"), {}, "versions", "with 4.2: mount.nfs: Protocol not supported. Serve 4.2, or"),
        (FakeClient(lease="150"), {"lease": 45}, "lease", "45 s, as the target file says.*it answers 150 s. Correct"),
        (FakeClient(look=seen(clock=-70)), {}, "clock", "70 s behind the client's. Set both by NTP"),
        (FakeClient(look=seen(free=200)), {}, "export /vol", "200 free.*Scenarios need 1024 MiB"),
        (FakeClient(look=seen(snapshots=[".snapshot"])), {}, "export /vol", ".snapshot is in sight.*hide it"),
        (FakeClient(look=seen(nested=["home"])), {}, "export /vol", r"Other file systems lie within it \(home\)"),
        (
            FakeClient(look=seen(root="99:99")),
            _given(options="rw,root_squash"),
            "export /vol",
            "rw,root_squash,anonuid=99,anongid=99.*otherwise: the anonymous user is 65534:65534",
        ),
        (FakeClient(), _given(options="rw"), "export /vol", "rw,no_root_squash.*otherwise: root_squash"),
        (FakeClient(), _given(options="rw,no_root_squash", limit="64Mi"), "export /vol", "says that it holds 64Mi"),
    ],
    ids=["version", "lease", "clock", "room", "snapshots", "nested", "anonymous", "squash", "limit"],
)
def test_what_a_run_would_stumble_over_has_its_fix(
    client: FakeClient, server: dict[str, Any], what: str, words: str
) -> None:
    findings = _look(client, **server)
    finding = findings.pop(what)
    assert finding.mend
    assert not finding.useless
    assert re.search(words, str(finding)), str(finding)
    assert all(not other.mend for other in findings.values()), "nothing else is wrong"


@pytest.mark.parametrize(
    ("client", "server", "last", "words"),
    [
        (FakeClient(accepts=False), {}, "server", "does not accept connections. Start it, open the firewall"),
        (
            FakeClient(refuses="3 4.2", said="mount.nfs: access denied by server while mounting filer:/vol"),
            {},
            "versions",
            "NFS 4.0, 4.1; declared are 3, 4.2; with 3: mount.nfs: access denied",
        ),
        (FakeClient(look=seen(root="EACCES")), {}, "exports", "root may write in none of them"),
        (FakeClient(look=seen(root="EROFS")), {}, "exports", "root may write in none of them"),
    ],
    ids=["no answer", "no version", "root may not", "read-only"],
)
def test_what_leaves_nothing_to_judge_comes_last(
    client: FakeClient, server: dict[str, Any], last: str, words: str
) -> None:
    findings = list(_look(client, **server).values())
    assert [finding.what for finding in findings if finding.useless] == [last]
    assert findings[-1].what == last
    assert re.search(words, str(findings[-1])), str(findings[-1])
    assert str(findings[-1]).startswith("!! ")


def test_with_the_export_hook_no_given_export_need_be_writable() -> None:
    findings = _look(FakeClient(look=seen(root="EROFS")), hooks={"export_options": "true"})
    assert not any(finding.useless for finding in findings.values())


def test_nfs_3_says_no_lease() -> None:
    assert "as Linux has it, for it says none" in _look(FakeClient(lease=""))["lease"].found


@pytest.mark.parametrize(
    ("answers", "what", "words"),
    [
        ({"id -u": result("0\n"), "ss": result(HERE)}, "hook shell", "ok .*runs as root and sees what clients make"),
        ({"id -u": result("0\n"), "ss": result(HERE)}, "addresses", f"ok .*sees client {ADDRESS} as {ADDRESS}"),
        ({"id -u": result("0\n"), "ss": result("")}, "addresses", r"! .*sees no such address.*\(NAT\)"),
        ({"id -u": result("0\n"), "ss": result(code=127)}, "addresses", "ok .*is not known: could not list"),
        ({"id -u": result("1000\n")}, "hook shell", "!! .*runs as uid 1000.*as root on the server"),
        ({"id -u": result(code=255, err="no route")}, "hook shell", "!! .*no route"),
        (
            {"id -u": result("0\n"), "test -d": result(code=1)},
            "hook shell",
            "!! .*/vol is not in /pool/vol.*server.directory",
        ),
    ],
    ids=["shell", "addresses", "NAT", "no ss", "not root", "no answer", "directory"],
)
def test_the_hook_shell_is_tried(
    answers: dict[str, CommandResult], what: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(script: str, *_: str) -> CommandResult:
        return next((answer for begin, answer in answers.items() if script.startswith(begin)), result())

    monkeypatch.setattr(doctor, "HookShell", lambda _: SimpleNamespace(sh=run))
    finding = _look(FakeClient(), directory="/pool", hooks={"shell": "ssh filer"})[what]
    assert re.match(words, str(finding)), str(finding)


def test_the_agent_looks_at_a_directory_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".snapshot").mkdir()
    (tmp_path / "file").touch()
    for change in ("seteuid", "setegid"):
        monkeypatch.setattr(os, change, lambda _: None)
    found = look(tmp_path)
    ours = f"{os.geteuid()}:{os.getegid()}"
    assert (found["root"], found["somebody"], found["snapshots"], found["nested"]) == (ours, ours, [".snapshot"], [])
    assert found["clock"] == 0
    assert 0 < found["free"] <= found["size"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".snapshot", "file"]
    assert look(Path("/proc"))["root"] == "ENOENT", "what refuses it is named"


def test_a_useless_server_ends_the_look_with_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    host = SimpleNamespace(client=lambda _: FakeClient(accepts=False), address=lambda: ADDRESS)
    host.remove = lambda: ended.append("client")
    machines = SimpleNamespace(start=lambda *_, **__: None)
    monkeypatch.setattr(first_look, "attach_engine", lambda _: None)
    monkeypatch.setattr(first_look, "containers_of", lambda *_: machines)
    monkeypatch.setattr(first_look, "ClientHost", lambda *_: host)
    judged = SimpleNamespace(
        server=Server.model_validate({"kind": "external", "export": "filer:/vol"}), nfs=Nfs.model_validate({})
    )
    findings = look_at_server(cast(Any, judged), Choice("docker", "", "pull", ""))
    assert next(findings).useless
    with pytest.raises(Useless, match="nothing can be judged before this is mended: server"):
        next(findings)
    assert ended == ["client"]


@pytest.mark.parametrize("main", [command.main, certify_command.main])
def test_the_command_wants_an_external_server(
    main: Callable[[list[str]], int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_text("format = 1\n")
    assert main(["doctor", "--target", str(tmp_path / "own.toml")]) == 2
    assert "names no external server: the suite starts knfsd itself" in capfd.readouterr().err


EXISTING = {
    "server": {"kind": "external", "export": "filer:/vol"},
    "cluster": {"kind": "existing", "kubeconfig": "k", "context": "c"},
}


@pytest.mark.parametrize(
    ("storage", "trouble", "said"),
    [
        ({}, "the API server of context c cannot be reached", "the API server of context c cannot be reached"),
        ({"class": "fast"}, "", r"storage.class: the cluster has no StorageClass 'fast'; its classes: slow"),
        ({}, "", r"there is no plain client to look at the server with: .*ErrImagePull: denied; cluster\.image_prefix"),
    ],
)
def test_a_cluster_that_is_of_no_use_is_named_before_a_scenario(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, storage: dict[str, str], trouble: str, said: str
) -> None:
    def connect(*_: Any) -> Cluster:
        if trouble:
            raise EnvironmentFailure(trouble)
        return Cluster(tmp_path, (Node("one", "192.0.2.1", "", False),))

    class WithoutImages(FakeKube):
        def create(self, document: Document, namespace: str | None = None) -> Document:
            waiting = {"reason": "ErrImagePull", "message": "denied"}
            document["status"] = {"containerStatuses": [{"state": {"waiting": waiting}}]}
            return super().create(document, namespace)

    kube = WithoutImages()
    kube.put("StorageClass", "slow")
    monkeypatch.setattr(first_look, "connect", connect)
    monkeypatch.setattr(first_look, "Kube", lambda *_: kube)
    monkeypatch.setattr("fixtures.engines.no_engine.cache_folder", lambda: tmp_path)
    judged = from_values({**EXISTING, "storage": storage})
    with pytest.raises(Useless, match=said):
        next(look_at_server(judged, Choice("none", "", "pull", "", cluster="c")))
    assert not list(tmp_path.rglob("look.*")), "no credentials are left"
