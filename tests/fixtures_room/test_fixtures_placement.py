"""What an operator wants of namespaces and pods in a cluster that the suite did not make."""

import base64
import json
from pathlib import Path
from typing import Any, cast

import pytest

from certify.errors import TargetError
from certify.target import parse
from certify.target_cluster import Cluster
from fixtures.clusters import existing
from fixtures.clusters.existing import one_context, placement_of
from fixtures.kube.objects import Objects
from fixtures.kube.placement import ANYWHERE, Placement
from tests.fixtures_room.fakes import FakeKube

POD = {"kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": []}}
GPU = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


def _node(labels: dict[str, str] | None = None, *taints: dict[str, str]) -> dict[str, Any]:
    return {"metadata": {"labels": labels or {}}, "spec": {"taints": list(taints)}}


def test_pods_and_what_makes_them_go_where_they_may() -> None:
    placement = Placement(node_selector={"pool": "a"}, tolerations=({"key": "gpu", "operator": "Exists"},))
    wanted = {"nodeSelector": {"pool": "a"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}
    assert placement.of(POD)["spec"] == {"containers": [], **wanted}
    deployment = {"kind": "Deployment", "spec": {"template": {"spec": {"containers": []}}}}
    assert placement.of(deployment)["spec"]["template"]["spec"] == {"containers": [], **wanted}
    claim = {"kind": "PersistentVolumeClaim", "spec": {}}
    assert placement.of(claim) is claim
    assert ANYWHERE.of(POD) == POD
    assert POD["spec"] == {"containers": []}, "the manifest itself stays as it is"


@pytest.mark.parametrize(
    ("toleration", "taint", "admitted"),
    [
        ({"key": "gpu", "operator": "Exists"}, GPU, True),
        ({"key": "gpu", "value": "yes"}, GPU, True),
        ({"key": "gpu", "value": "no"}, GPU, False),
        ({"operator": "Exists"}, GPU, True),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, GPU, False),
        ({"key": "other", "operator": "Exists"}, GPU, False),
        ({"key": "other"}, {"key": "slow", "effect": "PreferNoSchedule"}, True),
    ],
)
def test_nodes_with_taints_take_pods_that_tolerate_them(
    toleration: dict[str, str], taint: dict[str, str], admitted: bool
) -> None:
    assert Placement(tolerations=(toleration,)).admits(_node({}, taint)) == admitted


def test_nodes_have_the_labels_that_are_asked_for() -> None:
    placement = Placement(node_selector={"pool": "a"})
    assert placement.admits(_node({"pool": "a", "more": "b"}))
    assert not placement.admits(_node({"pool": "b"}))


def test_a_namespace_has_the_operators_labels_and_the_secret_of_its_registry() -> None:
    kube = FakeKube()
    seen: list[str] = []
    placement = Placement({"team": "storage"}, {"note": "x"}, pull_secret='{"auths": {}}')
    objects = Objects(
        cast(Any, kube),
        "ns",
        run="r",
        server="",
        nfs_version="",
        placement=placement,
        applied=lambda d: seen.append(str(d)),
    )
    objects.open()
    meta = kube.objects["Namespace", "ns"]["metadata"]
    assert meta["labels"]["team"] == "storage"
    assert meta["annotations"] == {"note": "x"}
    secret = kube.objects["Secret", "nfs-conformance-pull"]["data"][".dockerconfigjson"]
    assert base64.b64decode(secret) == b'{"auths": {}}'
    assert not [text for text in seen if secret in text], "it is no evidence"
    assert placement.of(POD)["spec"]["imagePullSecrets"] == [{"name": "nfs-conformance-pull"}]


def test_a_file_without_credentials_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    told = Cluster(kind="existing", kubeconfig="k", context="c", pull_secret=str(file))
    for text in (None, "no json", "[]", "{}"):
        if text is not None:
            file.write_text(text)
        with pytest.raises(TargetError, match=r"cluster\.pull_secret: .* is no Docker configuration file"):
            placement_of(told)
    file.write_text(json.dumps({"auths": {}}))
    assert placement_of(told).pull_secret


def test_a_pods_own_account_is_used_in_a_pod_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existing, "_ACCOUNT", tmp_path)
    told = Cluster(kind="existing", service_account=True)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(TargetError, match="this is no pod with a service account"):
        one_context(told)
    (tmp_path / "token").write_text("t")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (cluster,) = one_context(told)["clusters"]
    assert cluster["cluster"]["server"] == "https://[fd00::1]:443"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("kubeconfig = 'k'", "kubeconfig and context belong together"),
        ("kubeconfig = 'k'\ncontext = 'c'\nservice_account = true", "or service_account = true in a pod"),
        ("service_account = true\nmay = ['cordn']", "did you mean cordon?"),
        (
            "service_account = true\ntolerations = [{ effect = 'Nope' }]",
            "cluster.tolerations.0.effect: 'Nope' is unknown",
        ),
    ],
)
def test_a_mistake_about_the_cluster_is_named(lines: str, words: str) -> None:
    with pytest.raises(TargetError) as refused:
        parse(f"[server]\nkind = 'external'\nexport = 'filer:/vol'\n[cluster]\nkind = 'existing'\n{lines}")
    assert words in str(refused.value)
