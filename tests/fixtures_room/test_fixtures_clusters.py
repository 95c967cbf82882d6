"""kind: what it is told, how it is found again; the network of its nodes; addresses for services."""

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from certify.errors import EnvironmentFailure
from fixtures.clusters.cluster import Cluster, Node
from fixtures.clusters.cluster_dns import cluster_names_only
from fixtures.clusters.kind import ROLE_LABEL, KindProvider
from fixtures.clusters.kind_api import KindApi
from fixtures.clusters.kind_command import kind_with_deadline
from fixtures.clusters.kind_config import RECYCLER_TEMPLATE, kind_config
from fixtures.clusters.load_balancer import NodePort, RoutedPool
from fixtures.clusters.node_network import configure, conflist, silent
from fixtures.clusters.recipe import cluster_recipe
from fixtures.clusters.recycler import recycler_template
from fixtures.engines.engine import KIND_LABEL, ClusterPlan
from fixtures.sabotage import SABOTAGES
from tests.fixtures_room.fakes import FakeContainer, FakeContainers, FakeKube

CONTROL = Node("c", "172.30.0.2", "10.244.0.0/24", control_plane=True)
WORKER = Node("w", "172.30.0.3", "10.244.1.0/24", control_plane=False)


@pytest.fixture
def plan(tmp_path: Path) -> ClusterPlan:
    folder = tmp_path / "world"
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("kind", "docker"):
        (tools / tool).write_text(f'#!/bin/sh\necho "$DOCKER_HOST {tool} $*"\n')
        (tools / tool).chmod(0o755)
    return ClusterPlan(
        name="nfs-conformance",
        folder=folder,
        kind=tools / "kind",
        docker=tools / "docker",
        node_image="kindest/node:v1",
        image_archives="/lab/images",
        engine_images={},
        api_address="10.99.0.2",
        api_port=6443,
        internal_api=False,
        own_network=True,
        fast_etcd=True,
        recycler_image="base:1",
        client_image="nfs:1",
    )


def _node(role: str, address: str, noted: str, *, running: bool = False) -> FakeContainer:
    return FakeContainer(
        name=role,
        files={"/etc/nfs-conformance-address": f"{noted}\n".encode()},
        is_running=running,
        marks={KIND_LABEL: "nfs-conformance", ROLE_LABEL: role},
        addresses={"kind": address},
    )


def _provider(plan: ClusterPlan, *nodes: FakeContainer) -> KindProvider:
    return KindProvider(plan, cast(Any, FakeContainers(list(nodes))), {"DOCKER_HOST": "tcp://10.99.0.2:2376"})


def test_kind_is_told_of_two_nodes_and_the_recycler(plan: ClusterPlan) -> None:
    document = yaml.safe_load(kind_config(plan, "/volumes/recycler", "/lab/images"))
    assert [node["role"] for node in document["nodes"]] == ["control-plane", "worker"]
    assert all(node["image"] == "kindest/node:v1" for node in document["nodes"])
    assert document["networking"] == {
        "disableDefaultCNI": True,
        "apiServerAddress": "10.99.0.2",
        "apiServerPort": 6443,
    }
    patch = yaml.safe_load(document["kubeadmConfigPatches"][0])
    arguments = {entry["name"]: entry["value"] for entry in patch["controllerManager"]["extraArgs"]}
    assert arguments == {"leader-elect": "false", "pv-recycler-pod-template-filepath-nfs": RECYCLER_TEMPLATE}
    (volume,) = patch["controllerManager"]["extraVolumes"]
    assert RECYCLER_TEMPLATE.startswith(volume["mountPath"])
    mounts = {mount["hostPath"]: mount["containerPath"] for mount in document["nodes"][0]["extraMounts"]}
    assert mounts == {"/volumes/recycler": volume["hostPath"], "/lab/images": "/kind/images"}
    assert patch["etcd"]["local"]["extraArgs"] == [{"name": "unsafe-no-fsync", "value": "true"}]


def test_a_pulled_node_image_keeps_its_own_network(plan: ClusterPlan) -> None:
    pulled = replace(plan, node_image=None, image_archives=None, own_network=False, fast_etcd=False, api_port=0)
    document = yaml.safe_load(kind_config(pulled, "/volumes/recycler", None))
    assert document["networking"] == {"disableDefaultCNI": False, "apiServerAddress": "10.99.0.2"}
    assert "image" not in document["nodes"][0]
    assert "etcd" not in yaml.safe_load(document["kubeadmConfigPatches"][0])


def test_the_recipe_is_the_same_every_time() -> None:
    assert cluster_recipe() == cluster_recipe()
    assert "leader-elect" in cluster_recipe()


def test_the_recycler_scrubs_unless_it_is_sabotaged() -> None:
    honest = json.loads(recycler_template("base:1"))["spec"]["containers"][0]
    assert honest["image"] == "base:1"
    assert "find /scrub -mindepth 1 -delete" in honest["command"][-1]
    lazy = json.loads(recycler_template("base:1", SABOTAGES["recycler-keeps-everything"]))["spec"]["containers"][0]
    assert lazy["command"] == ["true"]


def test_kind_runs_against_its_engine_with_a_deadline(plan: ClusterPlan) -> None:
    _provider(plan)
    script = plan.folder / "kind.sh"
    assert "timeout --foreground" in script.read_text()
    done = subprocess.run([str(script), "get", "clusters"], capture_output=True, text=True, check=True)
    assert done.stdout == "tcp://10.99.0.2:2376 kind get clusters\n"
    assert (plan.folder / ".pytest-kind").exists()
    assert not Path(".pytest-kind").exists()


def test_what_kind_says_while_it_creates_goes_to_its_log(plan: ClusterPlan) -> None:
    _provider(plan)
    done = subprocess.run([plan.folder / "kind.sh", "create", "cluster"], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert "kind create cluster" in (plan.folder / "kind.log").read_text()


def test_a_cluster_exists_when_both_nodes_do(plan: ClusterPlan) -> None:
    control = _node("control-plane", "172.30.0.2", "172.30.0.2")
    assert not _provider(plan, control).exists()
    provider = _provider(plan, control, _node("worker", "172.30.0.3", "172.30.0.3"))
    assert provider.exists()
    assert not provider.running()


def test_a_node_with_another_address_than_before_is_not_used(plan: ClusterPlan) -> None:
    control = _node("control-plane", "172.30.0.3", "172.30.0.2")
    worker = _node("worker", "172.30.0.2", "172.30.0.3")
    with pytest.raises(EnvironmentFailure, match=r"node control-plane was 172\.30\.0\.2, is 172\.30\.0\.3"):
        _provider(plan, worker, control).start_existing()
    assert (control.told, worker.told) == (["start"], ["start", "pause"])


def test_a_cluster_that_was_never_finished_is_not_used(plan: ClusterPlan) -> None:
    control = _node("control-plane", "172.30.0.2", "172.30.0.2")
    control.files.clear()
    with pytest.raises(EnvironmentFailure, match="no noted address: its cluster was not finished"):
        _provider(plan, control).start_existing()


def test_deleting_a_cluster_removes_nodes_and_kubeconfig(plan: ClusterPlan) -> None:
    control = _node("control-plane", "172.30.0.2", "172.30.0.2")
    provider = _provider(plan, control)
    (plan.folder / "kubeconfig").write_text("old")
    provider.delete()
    assert control.told == ["remove"]
    assert not (plan.folder / "kubeconfig").exists()


def test_a_node_imports_an_archive_once_and_only_if_it_is_there(plan: ClusterPlan, tmp_path: Path) -> None:
    worker = _node("worker", "172.30.0.3", "172.30.0.3")
    _provider(plan, worker).import_images("worker", "databases")
    (command,) = worker.commands
    assert command[-2:] == ["/kind/images", "databases"]
    archives, script = tmp_path / "images", command[2].replace("/var/lib/containerd", str(tmp_path))
    archives.mkdir()
    (tmp_path / "ctr").write_text(f"#!/bin/sh\necho $* >> {tmp_path}/imported\n")
    (tmp_path / "ctr").chmod(0o755)
    for name in ("absent", "databases", "databases"):
        (archives / "databases.tar").touch()
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        subprocess.run(["sh", "-c", script, "sh", archives, name], env=environment, check=True, timeout=30)
    imported = (tmp_path / "imported").read_text().splitlines()
    assert imported == [f"--namespace k8s.io images import --local {archives}/databases.tar"]


def test_nodes_get_their_own_pod_network_and_routes_to_the_others() -> None:
    container = FakeContainer()
    configure(CONTROL, cast(Any, container), [WORKER])
    script = container.commands[0][2]
    assert "ip route replace 10.244.1.0/24 via 172.30.0.3" in script
    plugins = json.loads(conflist(CONTROL.pod_network))["plugins"]
    assert plugins[0]["ipam"]["ranges"] == [[{"subnet": "10.244.0.0/24"}]]


def test_a_node_is_silent_for_the_block_and_heard_again_whatever_happens() -> None:
    container = FakeContainer()
    with pytest.raises(KeyError), silent(cast(Any, container)):
        raise KeyError
    silence = ["dev", "eth0", "root", "netem", "loss", "100%"]
    assert container.commands == [["tc", "qdisc", "add", *silence], ["tc", "qdisc", "del", *silence]]


def _service(kube: FakeKube, name: str, ip: str | None = None) -> None:
    ingress = [{"ip": ip}] if ip else None
    kube.put(
        "Service",
        name,
        spec={"ports": [{"port": 3306, "nodePort": 31000}]},
        status={"loadBalancer": {"ingress": ingress}},
    )


def test_each_service_gets_a_free_address_of_the_pool(tmp_path: Path) -> None:
    kube = FakeKube()
    _service(kube, "other", "10.99.100.1")
    _service(kube, "mine")
    address = RoutedPool(kube, "10.99.100.0/24", tmp_path / "lock").expose("space", "mine")
    assert (address.host, address.port) == ("10.99.100.2", 3306)
    assert kube.log == ["patch Service mine status"]


def test_a_full_pool_is_the_worlds_failure(tmp_path: Path) -> None:
    kube = FakeKube()
    for number in (1, 2):
        _service(kube, f"service-{number}", f"10.99.100.{number}")
    with pytest.raises(EnvironmentFailure, match=r"no address of 10\.99\.100\.0/30 is free"):
        RoutedPool(kube, "10.99.100.0/30", tmp_path / "lock").expose("space", "service-1")


def test_without_a_pool_the_node_port_is_used_and_said_so() -> None:
    kube = FakeKube()
    _service(kube, "mine")
    cluster = Cluster(Path("kubeconfig"), (WORKER, CONTROL))
    address = NodePort(kube, cluster).expose("space", "mine")
    assert (address.host, address.port) == (WORKER.address, 31000)
    assert "for want of a load balancer" in address.how


def test_a_cluster_without_a_way_out_asks_no_other_name_server() -> None:
    corefile = """.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
    }
    loop
}
"""
    changed = cluster_names_only(corefile)
    gone = {"forward", ".", "/etc/resolv.conf", "max_concurrent", "1000", "fallthrough"}
    assert set(corefile.split()) - set(changed.split()) == gone
    assert changed.count("{") == changed.count("}") == 3
    assert cluster_names_only(changed) == changed


def test_that_there_is_no_cluster_yet_is_no_news_for_the_terminal(plan: ClusterPlan, tmp_path: Path) -> None:
    plan.folder.mkdir()
    kind = tmp_path / "bin" / "kind"
    kind.parent.mkdir()
    kind.write_text('#!/bin/sh\necho "about $2" >&2\n')
    kind.chmod(0o700)
    script = kind_with_deadline(replace(plan, kind=kind), {})
    asked = {
        words: subprocess.run([script, *words.split()], capture_output=True, text=True, check=True).stderr
        for words in ("get clusters", "get nodes")
    }
    assert asked == {"get clusters": "", "get nodes": "about nodes\n"}
    assert (plan.folder / "kind.log").read_text() == "about clusters\n", "and yet it can be read"


def test_the_clusters_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    coded = base64.b64encode(b"pem").decode()
    user = {"client-certificate-data": coded, "client-key-data": coded}
    content = {
        "clusters": [{"cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": coded}}],
        "users": [{"user": user}],
    }
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(content))
    KindApi(kubeconfig)
    written = sorted(tmp_path.glob("api-*"))
    assert [file.name for file in written] == ["api-ca.crt", "api-client.crt", "api-client.key"]
    assert {file.stat().st_mode & 0o777 for file in written} == {0o600}
