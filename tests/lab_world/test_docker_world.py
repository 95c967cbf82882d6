"""The suite on a Docker Engine, from end to end: in a container on it, as on a CI runner, with images from a mirror."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import mirror
from lab.build.images import image_names
from lab.build.registry_images import REGISTRY, registry
from lab.build.suite_image import SUITE, suite
from lab.build.workshop import Workshop, folder_of
from lab.eventually import eventually
from lab.progress import Reporter
from tests.lab_world.laptop import Laptop, laptop

PREFIX = "127.0.0.1:5000/mirror/"
OTHERS_PREFIX = "192.0.2.1:5000/"  # for documentation: nobody answers there
CONTROL_PLANE = "nfs-conformance-control-plane"
FIRST_SCENARIO = ("suites/mount/test_client_mounts_an_export.py", "--nfs-versions", "4.2")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A laptop with the suite's image, and a registry on it that has all others."""
    with Reporter() as reporter:
        Workshop(reporter).ensure([registry(), suite()])
        mirror.build(Workshop(reporter))
    folder = tmp_path_factory.mktemp("images")
    with laptop() as machine:
        machine.load(folder_of(registry()) / "registry.tar")
        machine.load(folder_of(suite()) / "suite.tar")
        machine.docker("run", "--detach", "--restart", "always", "--name", "registry", "--network", "host", REGISTRY)
        images = (sys.executable, "-m", "lab", "images")
        machine.run(*images, "save", str(folder))
        machine.run(*images, "load", str(folder), "--prefix", PREFIX)
        yield machine


@pytest.fixture(autouse=True)
def lab_is_down() -> None:
    """Overrides the one of all others: these tests share a machine."""


def _start(host: Laptop, *arguments: str, prefix: str = PREFIX, user: str = "0") -> None:
    """Begin a run in a container with the Engine's socket, as a user by its number."""
    socket = ("--volume", "/run/docker.sock:/var/run/docker.sock", "--user", user)
    pytest_words = ("python", "-m", "pytest", "--engine=docker", "--image-prefix", prefix, "--report-dir", "/reports")
    host.docker("run", "--detach", "--name", "runner", *socket, SUITE, *pytest_words, *arguments)


def _end(host: Laptop, reports: Path) -> tuple[str, list[dict[str, str]]]:
    """What a run printed, when it has ended, and its results."""
    host.docker("wait", "runner")
    done = host.run("docker", "logs", "runner")
    reports.mkdir()
    host.docker("cp", "runner:/reports/.", str(reports), check=False)
    host.docker("rm", "--volumes", "runner")
    results = reports / "latest" / "results.jsonl"
    lines = results.read_text().splitlines() if results.exists() else []
    return done.stdout + done.stderr, [json.loads(line) for line in lines]


def _run(
    host: Laptop, reports: Path, *arguments: str, prefix: str = PREFIX, user: str = "0"
) -> tuple[str, list[dict[str, str]]]:
    _start(host, *arguments, prefix=prefix, user=user)
    return _end(host, reports)


def _expect_refusal(host: Laptop, reports: Path, said: str, *, prefix: str = PREFIX, user: str = "0") -> None:
    """A run is told this before anything starts, and leaves everything on the Engine as it is."""
    before = host.belongings()
    output, results = _run(host, reports, *FIRST_SCENARIO, prefix=prefix, user=user)
    assert not results
    assert said in output
    assert host.belongings() == before


def _wait_for(host: Laptop, container: str) -> None:
    eventually(lambda: container in host.belongings()["containers"], what=f"container {container}", within=300)


def test_a_run_leaves_nothing_on_the_engine(host: Laptop, tmp_path: Path) -> None:
    before = host.belongings()
    output, results = _run(host, tmp_path / "reports", *FIRST_SCENARIO)
    assert [line["verdict"] for line in results] == ["PASSED"], output
    assert f"engine docker: asked for; images: pull, from {PREFIX}" in output
    assert host.belongings() == before


def test_ctrl_c_leaves_nothing_on_the_engine(host: Laptop, tmp_path: Path) -> None:
    before = host.belongings()
    _start(host, *FIRST_SCENARIO)
    _wait_for(host, CONTROL_PLANE)
    host.docker("kill", "--signal", "INT", "runner")
    output, _ = _end(host, tmp_path / "reports")
    assert "Interrupted" in output or "KeyboardInterrupt" in output, output
    assert host.belongings() == before


def test_what_a_killed_run_left_is_removed_by_make_down(host: Laptop, tmp_path: Path) -> None:
    before = host.belongings()
    _start(host, *FIRST_SCENARIO)
    _wait_for(host, CONTROL_PLANE)
    host.docker("kill", "runner")
    _end(host, tmp_path / "reports")
    assert host.belongings() != before
    said = host.run(sys.executable, "-m", "fixtures", "down").stdout
    assert said.startswith("removed from the Docker Engine: "), said
    assert host.belongings() == before


def test_a_cluster_of_the_same_name_is_refused_and_stays(host: Laptop, tmp_path: Path) -> None:
    label = "io.x-k8s.kind.cluster=nfs-conformance"
    host.docker("run", "--detach", "--name", "theirs", "--label", label, SUITE, "sleep", "infinity")
    try:
        said = "has a kind cluster nfs-conformance that the suite did not make"
        _expect_refusal(host, tmp_path / "reports", said)
    finally:
        host.docker("rm", "--force", "theirs")


def test_a_network_of_others_is_refused_and_stays(host: Laptop, tmp_path: Path) -> None:
    host.docker("network", "rm", "kind")  # the machine's own
    host.docker("network", "create", "--internal", "kind")
    try:
        said = "its network kind is internal: the API server could not be reached"
        _expect_refusal(host, tmp_path / "reports", said)
    finally:
        host.docker("network", "rm", "kind")
        host.docker("network", "create", "kind")


def test_a_user_without_rights_to_the_socket_is_told(host: Laptop, tmp_path: Path) -> None:
    said = "no Docker Engine answers at the usual socket (permission denied)"
    _expect_refusal(host, tmp_path / "reports", said, user="1000")


def test_a_kernel_without_nfsd_is_named_before_anything_starts(host: Laptop, tmp_path: Path) -> None:
    host.reboot("initcall_blacklist=init_nfsd")
    try:
        _expect_refusal(host, tmp_path / "reports", "has no NFS server (nfsd)")
    finally:
        host.reboot()


def test_a_full_disk_is_named_before_anything_starts(host: Laptop, tmp_path: Path) -> None:
    fill = 'fallocate --length "$(( $(df --output=avail --block-size=1M /fill | tail -n 1) - 3000 ))M" /fill/file'
    host.docker("run", "--rm", "--volume", "filling:/fill", SUITE, "sh", "-c", fill)
    try:
        _expect_refusal(host, tmp_path / "reports", "MiB free, and a cluster with its images takes 6144")
    finally:
        host.docker("volume", "rm", "filling")


def test_a_registry_that_does_not_answer_is_named_before_anything_starts(host: Laptop, tmp_path: Path) -> None:
    said = f"--image-prefix={OTHERS_PREFIX} cannot be used: no registry gives the Engine"
    _expect_refusal(host, tmp_path / "reports", said, prefix=OTHERS_PREFIX)


def test_a_registry_that_stops_in_the_middle_is_named_once(host: Laptop, tmp_path: Path) -> None:
    before = host.belongings()
    redis = f"{PREFIX}{image_names().databases['redis']}"
    host.docker("image", "rm", redis, check=False)
    _start(host, "suites/workload/test_databases_keep_their_data.py", "--nfs-versions", "4.2")
    _wait_for(host, CONTROL_PLANE)
    host.docker("stop", "registry")
    output, results = _end(host, tmp_path / "reports")
    host.docker("start", "registry")
    assert [line["verdict"] for line in results] == ["INCONCLUSIVE"], output
    assert results[0]["message"].count(f"the Docker Engine cannot pull {redis}") == 1
    assert host.belongings() == before


def test_core_passes(host: Laptop, tmp_path: Path) -> None:
    output, results = _run(host, tmp_path / "reports", "suites/", "--profile", "core", "-n", "2")
    verdicts = {line["id"]: line["verdict"] for line in results if line["verdict"] not in ("PASSED", "KNOWN")}
    assert verdicts == {}, output
    assert len(results) > 100, output
