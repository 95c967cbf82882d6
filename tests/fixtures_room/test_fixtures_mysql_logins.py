"""Logins to MySQL: what a client from before plugins says and hears, and that the client library answers."""

import socket
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from fixtures.kube.manifests import load, with_file
from fixtures.workloads.mysql_logins import before_plugins, libmysqlclient
from lab.build import versions

PLUGIN_AUTH = 0x80000


@contextmanager
def _server(answer: bytes) -> Iterator[tuple[int, Future[bytes]]]:
    """A server that greets one client and gives it this answer: its port, and what the client sent."""

    def serve() -> bytes:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(_packet(b"\x0agreeting", 0))
            sent = connection.recv(1000)
            connection.sendall(_packet(answer, 2))
            return sent

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as beside:
        yield listener.getsockname()[1], beside.submit(serve)


def _packet(body: bytes, number: int) -> bytes:
    return struct.pack("<I", len(body) | number << 24) + body


def test_an_old_client_knows_no_plugins_and_hears_the_error() -> None:
    refusal = b"\xff" + struct.pack("<H", 1251) + b"#08004" + b"Client does not support it"
    with _server(refusal) as (port, sent):
        assert before_plugins("127.0.0.1", port, "root", 5) == "1251: Client does not support it"
        said = sent.result()
    (capabilities,) = struct.unpack_from("<I", said, 4)
    assert not capabilities & PLUGIN_AUTH
    assert b"root\0" in said
    assert int.from_bytes(said[:3], "little") == len(said) - 4


def test_an_old_client_that_gets_in_hears_nothing() -> None:
    with _server(b"\x00\x00\x00\x02\x00\x00\x00") as (port, _):
        assert before_plugins("127.0.0.1", port, "root", 5) == ""


def test_the_client_library_tells_that_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert libmysqlclient("127.0.0.1", unused.getsockname()[1], "root", "secret", 5).startswith("2003")


def test_a_file_of_a_config_map_is_mounted_alone() -> None:
    deployment, _ = load("mysql-myshop.yml")
    spec = with_file(deployment, "settings", "/etc/mysql/my.cnf")["spec"]["template"]["spec"]
    assert spec["volumes"][-1] == {"name": "settings", "configMap": {"name": "settings"}}
    mount = {"name": "settings", "mountPath": "/etc/mysql/my.cnf", "subPath": "my.cnf"}
    assert spec["containers"][0]["volumeMounts"][-1] == mount
    assert len(deployment["spec"]["template"]["spec"]["volumes"]) == 1


def test_the_data_directory_that_is_ready_made_has_the_password_of_the_manifest() -> None:
    deployment, _ = load("mysql-myshop.yml")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (password,) = (entry["value"] for entry in container["env"] if entry["name"] == "MYSQL_ROOT_PASSWORD")
    assert versions.section("mysql")["root_password"] == password
