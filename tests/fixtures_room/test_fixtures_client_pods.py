"""Plain NFS clients as pods: with privileges they mount, without them their node's kubelet does."""

from typing import Any, cast

import pytest

from certify.errors import EnvironmentFailure
from fixtures.clients.host import ClientHost, Mounted
from fixtures.clusters.client_pod import Site
from fixtures.clusters.cluster import Node
from fixtures.clusters.node_eyes import NodeEyes
from fixtures.clusters.node_mounts import volume_mounts
from fixtures.clusters.pod_clients import ExportOfNfs3, PodClients
from fixtures.commands import CommandResult
from fixtures.engines.command_channel import NoAgent
from fixtures.kube.client import Document, Refused
from fixtures.mount_options import with_further
from fixtures.waiting.patience import PATIENCE
from tests.fixtures_room.fakes import FakeKube, result

NODES = (Node("one", "192.0.2.1", "", False), Node("other", "192.0.2.2", "", False))
READY = {"conditions": [{"type": "Ready", "status": "True"}], "phase": "Running"}


class Cluster(FakeKube):
    """Every pod runs at once; or none does, for the reasons of `events`."""

    def __init__(self, said: str = "", code: int = 0, events: str = "", refused: str = "") -> None:
        super().__init__()
        self.said, self.code, self.message, self.refused = said, code, events, refused
        self.commands: list[tuple[str, list[str]]] = []

    def create(self, document: Document, namespace: str | None = None) -> Document:
        if document["kind"] == "Pod":
            if self.refused:
                raise Refused(403, self.refused)
            document["status"] = {} if self.message else READY
        return super().create(document, namespace)

    def events(self, namespace: str, name: str = "") -> list[str]:  # noqa: ARG002
        (pod, *_) = self.find("Pod")[-1:]
        return [self.message.replace("POD", pod["metadata"]["name"])]

    def exec(self, pod: str, namespace: str, argv: list[str], timeout: float | None = None) -> CommandResult:  # noqa: ARG002
        self.commands.append((pod, argv))
        return result(self.said, self.code, self.said)

    def link(self, *_: Any) -> Any:
        raise NoAgent

    def pods(self) -> list[Document]:
        return self.find("Pod")


def _clients(kube: Cluster, *, privileged: bool, nfs3: bool = False, nodes: tuple[Node, ...] = NODES) -> PodClients:
    site = Site(cast(Any, kube), "mirror/client", "suite-client-", "0a0a")
    return PodClients(site, nodes, ExportOfNfs3("filer", "/vol") if nfs3 else None, privileged=privileged)


def test_a_pod_with_privileges_mounts_as_its_node_does() -> None:
    kube = Cluster()
    host = ClientHost(_clients(kube, privileged=True).start("gw0", elsewhere=False), with_further("sec=sys"))
    (pod,) = kube.pods()
    assert (pod["spec"]["nodeName"], pod["spec"]["hostNetwork"]) == ("one", True)
    assert pod["spec"]["containers"][0]["image"] == "mirror/client"
    made = kube.objects["Namespace", "suite-client-gw0-0a0a"]["metadata"]["labels"]
    assert made["pod-security.kubernetes.io/enforce"] == "privileged"
    host.client("a").try_mount("filer", "/vol", "vers=4.2")
    assert kube.commands[-1][1][-3:] == ["/mnt/nfs/a/1", "sec=sys,vers=4.2", "filer:/vol"]
    assert host.address() == "192.0.2.1"


def test_a_pod_without_privileges_has_its_claims_mounted() -> None:
    kube = Cluster()
    host = ClientHost(_clients(kube, privileged=False).start("gw0", elsewhere=True))
    client = host.client("a")
    kube.said = '{"error": "no error", "value": null}'
    session = client.session()
    tried, where = client.try_mount("filer", "/vol/x", "vers=4.2,soft")
    assert (tried.ok, where) == (True, "/mnt/nfs/a/1")
    volume = kube.find("PersistentVolume")[0]["spec"]
    assert volume["mountOptions"] == ["vers=4.2", "soft"]
    assert volume["nfs"] == {"server": "filer", "path": "/vol/x", "readOnly": False}
    client.try_mount("filer", "/vol/y", "vers=4.2")
    newest = kube.pods()[-1]["spec"]
    assert [mount["mountPath"] for mount in newest["containers"][0]["volumeMounts"]] == ["/mnt/nfs/a/1", "/mnt/nfs/a/2"]
    assert (newest["nodeName"], newest.get("hostNetwork")) == ("other", None)
    session.do("1")
    client.run(["true"])
    assert [pod for pod, _ in kube.commands[-2:]] == ["nfs-client-1", "nfs-client-3"], "a session stays where it began"


def test_what_mount_said_is_the_kubelets_event() -> None:
    kube = Cluster()
    client = ClientHost(_clients(kube, privileged=False).start("gw0", elsewhere=False)).client("a")
    client.run(["true"])
    kube.message = (
        "Warning FailedMount Pod/POD: mount failed\nMounting command: mount\nOutput: mount.nfs: access denied"
    )
    tried, _ = client.try_mount("filer", "/vol", "vers=4.2")
    assert (tried.code, tried.stderr) == (32, "mount.nfs: access denied")
    assert {pod["metadata"]["name"] for pod in kube.pods()} == {"nfs-client-1"}, "the pod that waits is gone"


def test_a_pod_that_does_not_run_for_another_reason_judges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PATIENCE, "stretch", 0.001)
    kube = Cluster(events="Warning Failed Pod/POD: image cannot be pulled")
    with pytest.raises(
        EnvironmentFailure, match=r"nfs-client-1 to run on node one;.*\nWarning Failed .*cannot be pulled"
    ):
        _clients(kube, privileged=False).start("gw0", elsewhere=False)
    refusing = Cluster(refused="violates PodSecurity")
    for privileged in (True, False):
        with pytest.raises(EnvironmentFailure, match="refuses a plain NFS client as a pod: violates PodSecurity"):
            _clients(refusing, privileged=privileged).start("gw0", elsewhere=False)
    for cluster in (kube, refusing):
        assert not cluster.find("Namespace"), "nothing is left of a client that never ran"
    with pytest.raises(EnvironmentFailure, match="one node that takes pods"):
        _clients(Cluster(), privileged=True, nodes=NODES[:1]).start("gw0", elsewhere=True)


def test_a_node_is_not_disturbed() -> None:
    shared = ClientHost(_clients(Cluster(), privileged=True).start("gw0", elsewhere=False)).client("a")
    with pytest.raises(
        EnvironmentFailure, match="cannot cut the client off from the server: the pod shares its node's"
    ):
        shared.cut_off("filer").__enter__()
    shared.wait_until_forgotten()
    claiming = ClientHost(_clients(Cluster(), privileged=False).start("gw0", elsewhere=False)).client("a")
    with pytest.raises(EnvironmentFailure, match="privileged-pods"):
        claiming.unmount(Mounted("filer:/vol", "/mnt", ""))


def test_the_nodes_own_statd_is_started_by_its_kubelet_and_else_named() -> None:
    kube = Cluster("mount.nfs: rpc.statd is not running but is required for remote locking.", code=1)
    host = ClientHost(_clients(kube, privileged=True, nfs3=True).start("gw0", elsewhere=False))
    assert "create PersistentVolume nfs-pv-mysql-suite-client-gw0-statd-n1-0a0a-mount-1 in None" in kube.log
    assert not kube.find("PersistentVolume"), "it goes at once"
    with pytest.raises(EnvironmentFailure, match="node one runs no rpc"):
        host.client("a").try_mount("filer", "/vol", "vers=3")


def test_nodes_are_looked_at_through_a_pod_on_each() -> None:
    kube = Cluster(
        "filer:/a /pods/7/volumes/kubernetes.io~nfs/pv-1 nfs4 rw 0 0\n"
        "filer:/a /pods/7/volumes/kubernetes.io~csi/pv-2/mount nfs4 rw 0 0\n"
        "filer:/a /pods/8/volumes/kubernetes.io~nfs/pv-1 nfs4 rw 0 0\n"
    )
    site = Site(cast(Any, kube), "mirror/client", "suite-client-", "0a0a")
    eyes = NodeEyes(site, "eyes", NODES)
    assert not kube.objects, "nothing is started before it is asked for"
    assert [line.split()[1][-4:] for line in volume_mounts(eyes.on("one"), "7", "pv-1")] == ["pv-1"]
    assert len(volume_mounts(eyes.on("one"), "7", "pv-2")) == 1
    eyes.on("other")
    assert [(pod["spec"]["nodeName"], pod["spec"]["hostPID"]) for pod in kube.pods()] == [
        ("one", True),
        ("other", True),
    ]
    assert kube.commands[0][1] == ["cat", "/proc/1/mounts"]
    eyes.close()
    assert not kube.pods()


def test_nothing_is_left_in_the_cluster() -> None:
    kube = Cluster()
    for privileged in (True, False):
        host = ClientHost(_clients(kube, privileged=privileged).start("gw0", elsewhere=False))
        host.client("a").try_mount("filer", "/vol", "vers=4.2")
        host.round_trip("filer", "/vol", "vers=4.2", b"proof")
        host.remove()
        assert not {kind for kind, _ in kube.objects} & {
            "Pod",
            "Namespace",
            "PersistentVolume",
            "PersistentVolumeClaim",
        }
