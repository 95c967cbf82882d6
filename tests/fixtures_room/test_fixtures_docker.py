"""A Docker Engine outside the lab: what speaks against it, and what on it is the suite's own."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import docker
import docker.errors
import pytest

from fixtures.engines.docker_fitness import machine_lacks
from fixtures.engines.docker_leftovers import CLUSTER_NAME, foreign_cluster, remove_all
from fixtures.engines.engine import RECYCLER_FOLDER
from fixtures.engines.own_container import own_container

OURS = [{"Destination": RECYCLER_FOLDER}]
IDENTITY = "a" * 64


class FakeContainer:
    """What the Engine tells of one; removed is noted in `gone`."""

    def __init__(self, name: str, labels: dict[str, str], mounts: list[dict[str, str]], gone: list[str]) -> None:
        self.name, self.id, self.labels = name, name, labels
        self.attrs = {"Mounts": mounts, "HostConfig": {"NetworkMode": "bridge"}}
        self._gone = gone

    def remove(self, **_: object) -> None:
        self._gone.append(self.name)


class FakeEngine:
    """Containers by their labels, and one answer for whatever is run."""

    def __init__(self, said: bytes | Exception = b"9000\n9000\n") -> None:
        self.gone: list[str] = []
        self.all: list[FakeContainer] = []
        self._said = said
        nothing = SimpleNamespace(list=lambda **_: [])
        self.volumes, self.networks, self.containers = nothing, nothing, self

    def add(self, name: str, labels: dict[str, str], mounts: list[dict[str, str]] | None = None) -> None:
        self.all.append(FakeContainer(name, labels, mounts or [], self.gone))

    def list(self, all: bool, filters: dict[str, list[str]]) -> list[FakeContainer]:  # noqa: ARG002
        wanted = [label.partition("=")[::2] for label in filters["label"]]
        return [each for each in self.all if all_in(wanted, each.labels)]

    def run(self, *_: object, **__: object) -> bytes:
        if isinstance(self._said, Exception):
            raise self._said
        return self._said

    def get(self, _: str) -> FakeContainer:
        if not self.all:
            raise docker.errors.NotFound("gone")
        return self.all[0]


def all_in(wanted: Any, labels: dict[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in wanted)


def as_client(engine: FakeEngine) -> docker.DockerClient:
    return cast(docker.DockerClient, engine)


def node(engine: FakeEngine, name: str, *, ours: bool) -> None:
    engine.add(name, {"io.x-k8s.kind.cluster": CLUSTER_NAME}, OURS if ours else [])


@pytest.mark.parametrize(
    ("said", "fresh", "problem"),
    [
        (b"9000\n9000\n", True, ""),
        (b"100\n9000\n", True, "its disk has 100 MiB free, and a cluster with its images takes 6144"),
        (b"9000\n100\n", True, "its machine has 100 MiB of memory free, and a cluster takes 2560"),
        (b"100\n100\n", False, ""),
        (docker.errors.APIError("no space left on device"), True, "no container can be run there (no space left"),
    ],
)
def test_a_machine_without_room_is_named(said: bytes | Exception, fresh: bool, problem: str) -> None:
    found = machine_lacks(as_client(FakeEngine(said)), "image", fresh=fresh)
    assert found.startswith(problem) and bool(found) == bool(problem)


def test_a_kernel_without_nfs_is_named_in_the_probes_words() -> None:
    error = docker.errors.ContainerError(None, 1, "sh", "image", b"its kernel 6.8 has no NFS server (nfsd)\n")
    assert machine_lacks(as_client(FakeEngine(error)), "i", fresh=True) == "its kernel 6.8 has no NFS server (nfsd)"


def test_a_cluster_of_somebody_elses_is_told_by_what_its_nodes_lack_and_is_left_alone() -> None:
    engine = FakeEngine()
    node(engine, "nfs-conformance-control-plane", ours=False)
    assert foreign_cluster(as_client(engine))
    remove_all(as_client(engine))
    assert engine.gone == []


def test_what_is_ours_is_removed_and_nothing_else() -> None:
    engine = FakeEngine()
    node(engine, "nfs-conformance-worker", ours=True)
    engine.add("server", {"org.nfs-conformance.owner": "nfs-conformance"})
    engine.add("theirs", {"org.example.owner": "somebody"})
    assert not foreign_cluster(as_client(engine))
    assert remove_all(as_client(engine)) == 2
    assert engine.gone == ["nfs-conformance-worker", "server"]


@pytest.mark.parametrize(
    ("mounts", "mode", "inside"),
    [
        (f"22 1 0:5 /var/lib/docker/containers/{IDENTITY}/hostname /etc/hostname", "bridge", True),
        (f"22 1 0:5 /var/lib/docker/containers/{IDENTITY}/hostname /etc/hostname", "host", False),
        ("22 1 0:5 / /", "bridge", False),
    ],
)
def test_a_process_knows_the_container_that_it_is_in(tmp_path: Path, mounts: str, mode: str, inside: bool) -> None:
    (tmp_path / "mountinfo").write_text(mounts)
    engine = FakeEngine()
    engine.add("runner", {})
    engine.all[0].attrs["HostConfig"] = {"NetworkMode": mode}
    assert (own_container(as_client(engine), tmp_path / "mountinfo") is not None) == inside


def test_a_container_of_another_engine_is_not_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(f"22 1 0:5 /docker/containers/{IDENTITY}/hostname /etc/hostname")
    assert own_container(as_client(FakeEngine()), tmp_path / "mountinfo") is None


def test_a_probe_that_fails_without_a_word_is_not_taken_for_a_good_machine() -> None:
    error = docker.errors.ContainerError(None, 1, "sh", "image", b"")
    assert "no NFS client or no nfsd" in machine_lacks(as_client(FakeEngine(error)), "image", fresh=True)
