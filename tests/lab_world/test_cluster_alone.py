"""A cluster and a server that are there already, and nothing else: pods are the clients, or the suite runs in one."""

import re
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from certify.__main__ import main as certify
from lab.build.provisioner_image import PROVISIONER, provisioner, provisioner_archive
from lab.build.suite_image import SUITE, suite
from lab.build.workshop import Workshop, folder_of
from lab.progress import Reporter
from tests.lab_world import audit, foreign_cluster, handmade_server
from tests.lab_world.expired_certificate import expired_user
from tests.lab_world.foreign_cluster import MANIFESTS, OWNER, kubectl
from tests.lab_world.handmade_server import HandmadeServer
from tests.lab_world.suite_run import Finished, lab, run_suite

MOUNTS = {
    "MOUNT-001": "suites/mount/test_client_mounts_an_export.py",
    "IO-011": "suites/io/test_exclusive_create_has_one_winner.py",
    "VOLUME-001": "suites/volume/test_volume_and_claim_bind.py",
}
UMOUNT = {"MOUNT-003": "suites/mount/test_umount_from_inside_is_busy.py"}
OWN_DAEMONS = {"LOCK-005": "suites/lock/test_missing_statd_is_named.py"}
EVERY_KIND = (
    "suites/volume/test_each_replica_keeps_its_volume.py",
    "suites/reclaim/test_retain_keeps_the_data.py",
    "suites/workload/test_mysql_rows_survive_pod_deletion.py",
)
BOTH_NODES = "suites/volume/test_two_nodes_write_at_the_same_time.py"
USAGE_ERROR = 2
DYNAMIC = 10  # requirements
# What a target file says of the cluster and the storage, and what a user is told who asks for a volume on two nodes.
BAD_TARGETS = {
    "pod-security": (
        "namespace_labels = { 'pod-security.kubernetes.io/enforce' = 'restricted' }\nmay = ['privileged-pods']",
        "violates PodSecurity",
    ),
    "no-image": ("image_prefix = 'localhost:1/nowhere/'", "cluster.image_prefix"),
    "one-node": ("node_selector = { 'kubernetes.io/hostname' = 'nfs-conformance-worker' }", "one node"),
    "no-class": ("[storage]\nclass = 'fast'", "the cluster has no StorageClass 'fast'; its classes: "),
}
EXPIRED = "401 Unauthorized; its credentials may have expired"
# What is replaced in the kubeconfig, by what, and what a user is told.
BAD_KUBECONFIGS = {
    "wrong-context": ("name: staging", "name: elsewhere", "no context 'staging'"),
    "wrong-token": ("token: ", "token: other", EXPIRED),
    "unreachable": ("server: https://[^\n]*", "server: https://127.0.0.1:1", "cannot be reached"),
}
CONTROL_PLANE, WORKER = "nfs-conformance-control-plane", "nfs-conformance-worker"
PAIR = ("crt", "key")
NAMESPACE = "nfs-conformance"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HandmadeServer]:
    """A server that the suite did not start, beside a cluster whose nodes have all images."""
    folder = tmp_path_factory.mktemp("server")
    up = run_suite(folder / "first", BOTH_NODES, "--nfs-versions=4.2", "--keep")
    assert up.code == 0, up.output
    yield handmade_server.start(folder)
    assert lab("down").returncode == 0


@pytest.fixture(autouse=True)
def lab_is_down() -> None:
    """Overrides the one of all others: these tests share a world."""


@pytest.mark.parametrize("may", [[], ["privileged-pods"]], ids=["nothing", "privileged"])
def test_clients_are_pods(server: HandmadeServer, tmp_path: Path, may: list[str]) -> None:
    kubeconfig = tmp_path / "suite.kubeconfig"
    foreign_cluster.grant(kubeconfig)
    target = tmp_path / "target.toml"
    both = server.target.replace('["4.2"]', '["3", "4.2"]')
    target.write_text(both + foreign_cluster.section(kubeconfig, f"may = {may}"))
    before = foreign_cluster.settled_inventory()
    judged = _run(tmp_path / "judged", target, *MOUNTS.values(), *UMOUNT.values(), *OWN_DAEMONS.values())
    passed = MOUNTS.keys() | (UMOUNT.keys() if may else set())
    assert judged.ids("PASSED") == passed, judged.output
    assert judged.ids("INCONCLUSIVE") == (UMOUNT | OWN_DAEMONS).keys() - passed, judged.output
    assert "shares its node's network" in judged.output
    assert may or 'may = ["privileged-pods"]' in judged.output
    foreign_cluster.wait_until_as(before)


@pytest.mark.parametrize(("settings", "said"), BAD_TARGETS.values(), ids=BAD_TARGETS)
def test_what_a_cluster_does_not_give_is_named(
    server: HandmadeServer, tmp_path: Path, settings: str, said: str
) -> None:
    kubeconfig = tmp_path / "suite.kubeconfig"
    foreign_cluster.grant(kubeconfig)
    _expect_nothing_judged(server, tmp_path, foreign_cluster.section(kubeconfig, settings), said)


@pytest.mark.parametrize(("wanted", "instead", "said"), BAD_KUBECONFIGS.values(), ids=BAD_KUBECONFIGS)
def test_a_kubeconfig_that_leads_nowhere_is_named(
    server: HandmadeServer, tmp_path: Path, wanted: str, instead: str, said: str
) -> None:
    kubeconfig = tmp_path / "suite.kubeconfig"
    foreign_cluster.grant(kubeconfig)
    kubeconfig.write_text(re.sub(wanted, instead, kubeconfig.read_text()))
    _expect_nothing_judged(server, tmp_path, foreign_cluster.section(kubeconfig), said)


def test_an_expired_certificate_is_named(server: HandmadeServer, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "suite.kubeconfig"
    foreign_cluster.grant(kubeconfig)
    authority, key = (foreign_cluster.on_node(CONTROL_PLANE, f"cat /etc/kubernetes/pki/ca.{end}") for end in PAIR)
    content = yaml.safe_load(kubeconfig.read_text())
    content["users"][-1]["user"] = expired_user(authority, key)
    kubeconfig.write_text(yaml.safe_dump(content))
    _expect_nothing_judged(server, tmp_path, foreign_cluster.section(kubeconfig), EXPIRED)


def _expect_nothing_judged(server: HandmadeServer, folder: Path, settings: str, said: str) -> None:
    """A run is refused, or its scenario INCONCLUSIVE, with this message; the cluster is left as it was."""
    target = folder / "target.toml"
    target.write_text(server.target + settings)
    before = foreign_cluster.settled_inventory()
    judged = _run(folder / "judged", target, BOTH_NODES)
    assert {line["verdict"] for line in judged.results} <= {"INCONCLUSIVE"}, judged.output
    assert judged.results or judged.code == USAGE_ERROR, judged.output
    assert said in judged.output
    foreign_cluster.wait_until_as(before)


def test_volumes_of_a_class_are_judged(server: HandmadeServer, tmp_path: Path) -> None:
    with Reporter() as reporter:
        Workshop(reporter).ensure([provisioner()])
    foreign_cluster.give_image(provisioner_archive(), WORKER)
    kubeconfig = tmp_path / "suite.kubeconfig"
    foreign_cluster.grant(kubeconfig)
    target = tmp_path / "target.toml"
    target.write_text(f"{server.target}{foreign_cluster.section(kubeconfig)}[storage]\nclass = 'nfs-dynamic'\n")
    with _provisioner_of_others():
        judged = _run(tmp_path / "judged", target, "suites/dynamic")
        assert len(judged.ids("PASSED")) == DYNAMIC, judged.output
        assert {line["verdict"] for line in judged.results} == {"PASSED"}, judged.output
        foreign_cluster.kubectl("get", "storageclass", "nfs-dynamic")


def test_only_what_is_labelled_is_touched(server: HandmadeServer, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "suite.kubeconfig"
    foreign_cluster.grant(kubeconfig)
    target = tmp_path / "target.toml"
    target.write_text(server.target + foreign_cluster.section(kubeconfig))
    audit.begin()
    judged = _run(tmp_path / "judged", target, *EVERY_KIND)
    assert judged.code == 0, judged.output
    changes = audit.changes()
    made = {_name(change) for change in changes if change["verb"] == "create" and _is_labelled(change)}
    assert {kind for kind, _ in made} >= {"namespaces", "persistentvolumes", "storageclasses"}
    for change in changes:
        of = change["objectRef"]
        if of["resource"] == "selfsubjectaccessreviews":  # a question
            continue
        where = ("namespaces", of["namespace"]) if of.get("namespace") else _name(change)
        assert where in made, change


def test_the_suite_runs_in_the_cluster(server: HandmadeServer, tmp_path: Path) -> None:
    with Reporter() as reporter:
        Workshop(reporter).ensure([suite()])
    foreign_cluster.give_image(folder_of(suite()) / "suite.tar", WORKER)
    foreign_cluster.grant(tmp_path / "unused.kubeconfig")
    settings, job = yaml.safe_load_all((MANIFESTS / "job" / "suite.yml").read_text())
    settings["data"]["target.toml"] = server.target + foreign_cluster.in_a_pod()
    pod = job["spec"]["template"]["spec"]
    pod["nodeName"] = WORKER  # where the image is
    (container,) = pod["containers"]
    assert container["image"] == SUITE
    container["command"] = ["run-suite", *MOUNTS.values(), *container["command"][2:]]
    kubectl("create", "--filename=-", standard_input=yaml.safe_dump_all([settings, job]))
    ours = ("--namespace", NAMESPACE)
    try:
        kubectl(
            "wait", *ours, "--for=condition=Ready", "pod", "--selector=job-name=suite", "--timeout=400s", within=420
        )
        (name,) = kubectl("get", "pod", *ours, "--selector=job-name=suite", "--output=name").split()
        archive = tmp_path / "results.tar.gz"
        found = kubectl("exec", *ours, name, "--", "cat", "/tmp/sonobuoy/results/done")
        kubectl("cp", f"{NAMESPACE}/{name.rpartition('/')[2]}:{found}", str(archive))
        kubectl("exec", *ours, name, "--", "touch", "/tmp/sonobuoy/results/collected")
        kubectl("wait", *ours, "--for=condition=Complete", "job/suite", "--timeout=60s", within=80)
    finally:
        kubectl("delete", *ours, "job/suite", "configmap/suite")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    judged = Finished(0, "", tmp_path)
    assert judged.ids("PASSED") == MOUNTS.keys()
    assert certify(["verify", str(tmp_path / "latest" / "certificate")]) == 1, "it is genuine, and certifies nothing"


@contextmanager
def _provisioner_of_others() -> Iterator[None]:
    """A provisioner and its class that belong to the cluster, on the whole export of the server."""
    documents = [
        *_documents("provisioner.yml"),
        *_documents("nfs-pv-mysql.yml"),
        *_documents("nfs-pvc-mysql-myshop.yml"),
    ]
    documents += _documents("nfs-dynamic-class.yml")
    for document in documents:
        document["metadata"]["namespace"] = "default"
        if document["kind"] == "ClusterRoleBinding":
            document["subjects"][0]["namespace"] = "default"
        if document["kind"] == "PersistentVolume":
            document["spec"]["persistentVolumeReclaimPolicy"] = "Retain"
            document["spec"]["nfs"].update(server=handmade_server.ADDRESS, path=handmade_server.EXPORT)
        if document["kind"] == "Pod":
            document["spec"]["nodeName"] = WORKER
            (container,) = document["spec"]["containers"]
            container.update(image=PROVISIONER, imagePullPolicy="Never")
            values = {"NFS_SERVER": handmade_server.ADDRESS, "NFS_PATH": handmade_server.EXPORT}
            for variable in container["env"]:
                variable["value"] = values.get(variable["name"], variable["value"])
    whole = yaml.safe_dump_all(documents)
    kubectl("create", "--filename=-", standard_input=whole)
    try:
        kubectl("wait", "--for=condition=Ready", "pod/provisioner", "--timeout=60s", within=80)
        yield
    finally:
        kubectl("delete", "--filename=-", "--timeout=60s", standard_input=whole, within=80)


def _name(change: dict[str, Any]) -> tuple[str, str]:
    of = change["objectRef"]
    return of["resource"], of.get("name") or change["requestObject"]["metadata"]["name"]


def _is_labelled(change: dict[str, Any]) -> bool:
    return OWNER in change["requestObject"].get("metadata", {}).get("labels", {})


def _documents(manifest: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((MANIFESTS / manifest).read_text()))


def _run(reports: Path, target: Path, *files: str) -> Finished:
    inside = [sys.executable, "-m", "tests.lab_world.laptop"]
    return run_suite(reports, *files, "--engine=none", "--target", str(target), prefix=inside)
