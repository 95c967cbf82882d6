"""A cluster that is there already: one context of one file, refusals in plain words, mounts as pods see them."""

import http.server
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from certify.errors import EnvironmentFailure, TargetError
from certify.target_cluster import Cluster
from fixtures.__main__ import main
from fixtures.clusters.existing import connect, one_context
from fixtures.kube.manifests import load
from fixtures.kube.pod_mounts import mounts_from_inside
from tests.fixtures_room.fakes import result

MOUNTED = """\
overlay / overlay rw 0 0
filer:/vol/a /data nfs4 rw,vers=4.2 0 0
filer:/vol/b /other nfs4 rw,vers=4.2 0 0
"""


def _file(folder: Path, server: str = "http://127.0.0.1:1") -> Path:
    path = folder / "kubeconfig"
    whole = {
        "current-context": "mine",
        "contexts": [
            {"name": "mine", "context": {"cluster": "here", "user": "me"}},
            {"name": "theirs", "context": {"cluster": "there", "user": "suite"}},
            {"name": "nowhere", "context": {"cluster": "gone", "user": "suite"}},
        ],
        "clusters": [
            {"name": "here", "cluster": {"server": "https://127.0.0.1:2"}},
            {"name": "there", "cluster": {"server": server, "certificate-authority": "pki/ca.crt"}},
        ],
        "users": [{"name": "me", "user": {"token": "secret"}}, {"name": "suite", "user": {"token": "other"}}],
    }
    path.write_text(yaml.safe_dump(whole))
    return path


def _told(path: Path, context: str = "theirs") -> Cluster:
    return Cluster(kind="existing", kubeconfig=str(path), context=context)


def test_only_the_named_context_is_taken(tmp_path: Path) -> None:
    taken = one_context(_told(_file(tmp_path)))
    assert taken["current-context"] == "theirs"
    assert [entry["name"] for part in ("contexts", "clusters", "users") for entry in taken[part]] == [
        *("theirs", "there", "suite")
    ]
    assert taken["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "pki/ca.crt")


def test_what_the_target_names_wrongly_is_said(tmp_path: Path) -> None:
    path = _file(tmp_path)
    with pytest.raises(TargetError, match=r"has no context 'their'; its contexts: mine, nowhere, theirs"):
        one_context(_told(path, "their"))
    with pytest.raises(TargetError, match=r"'nowhere' in .* names a cluster or a user that the file lacks"):
        one_context(_told(path, "nowhere"))
    with pytest.raises(TargetError, match=r"cluster.kubeconfig: .*absent cannot be read: No such file"):
        one_context(_told(tmp_path / "absent"))
    for text in ("just words", "contexts: {", "contexts:"):
        path.write_text(text)
        with pytest.raises(TargetError, match="is no kubeconfig file"):
            one_context(_told(path))


def test_an_api_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    file = tmp_path / "one.kubeconfig"
    with pytest.raises(EnvironmentFailure, match=r"context theirs cannot be reached: .*[Cc]onnection refused"):
        connect(_told(_file(tmp_path)), file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


class _Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(401, "Unauthorized")

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _serving() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_refused_credentials_are_named(tmp_path: Path) -> None:
    with _serving() as address, pytest.raises(EnvironmentFailure, match="401 Unauthorized; its credentials may have"):
        connect(_told(_file(tmp_path, address)), tmp_path / "one.kubeconfig")


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"context theirs cannot be used: .*ca\.crt"):
        connect(_told(_file(tmp_path, "https://127.0.0.1:1")), tmp_path / "one.kubeconfig")


def test_the_role_changes_nothing_that_it_need_not_change() -> None:
    (role,) = (document for document in load("rbac/suite.yml") if document["kind"] == "ClusterRole")
    rights = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    assert "*" not in {word for right in rights for word in right}
    assert not {(resource, verb) for resource, verb in rights if resource == "secrets"}
    assert {verb for resource, verb in rights if resource == "nodes"} == {"get", "list"}


def test_cleaning_up_wants_an_existing_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text("profile = 'core'")
    assert main(["clean-up", "--target", str(tmp_path / "mine.toml")]) == 2
    assert "names no existing cluster" in capsys.readouterr().err
    existing = f"kind = 'existing'\nkubeconfig = '{_file(tmp_path)}'\ncontext = 'theirs'"
    external = "[server]\nkind = 'external'\nexport = 'filer:/vol'"
    (tmp_path / "theirs.toml").write_text(f"[cluster]\n{existing}\n{external}")
    assert main(["clean-up", "--target", str(tmp_path / "theirs.toml")]) == 1
    assert "context theirs cannot be reached" in capsys.readouterr().err


class PodKube:
    """An API server with one pod, its claim, and a shell in it."""

    def __init__(self, uid: str = "1") -> None:
        self._documents = {
            "Pod": {"metadata": {"uid": uid}},
            "PersistentVolumeClaim": {"spec": {"volumeName": "pv-a"}},
        }

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:  # noqa: ARG002
        return self._documents[kind]

    def exec(self, pod: str, namespace: str, argv: list[str]) -> Any:  # noqa: ARG002
        return result(MOUNTED)


POD = {
    "metadata": {"name": "p", "namespace": "n", "uid": "1"},
    "spec": {
        "volumes": [
            {"name": "claimed", "persistentVolumeClaim": {"claimName": "c"}},
            {"name": "inline", "nfs": {}},
        ],
        "containers": [
            {"volumeMounts": [{"name": "claimed", "mountPath": "/data/"}, {"name": "inline", "mountPath": "/other"}]}
        ],
    },
}


@pytest.mark.parametrize(("volume", "source"), [("pv-a", "filer:/vol/a"), ("inline", "filer:/vol/b")])
def test_a_pod_shows_what_it_has_mounted(volume: str, source: str) -> None:
    (line,) = mounts_from_inside(cast(Any, PodKube()), POD, volume)
    assert line.startswith(f"{source} ")


def test_a_pod_that_is_gone_shows_nothing() -> None:
    with pytest.raises(EnvironmentFailure, match=r"pod n/p is gone: .* cluster.kind = \"kind\""):
        mounts_from_inside(cast(Any, PodKube(uid="2")), POD, "pv-a")
