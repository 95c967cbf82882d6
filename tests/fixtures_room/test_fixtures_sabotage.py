"""The table of lies: complete, and each of them about something."""

import pytest

from certify.catalogue import published
from fixtures.kube.manifests import load
from fixtures.sabotage import HONEST, SABOTAGES, Sabotage, replaced
from tests.sabotage import matrix
from tests.sabotage.table import DOCUMENT, document, without_a_lie_of_their_own


@pytest.mark.parametrize("lie", SABOTAGES.values(), ids=list(SABOTAGES))
def test_a_lie_names_what_it_breaks_and_changes_something(lie: Sabotage) -> None:
    known = {entry.requirement.id.removeprefix("NFSK8S-") for entry in published().entries if not entry.planned}
    assert lie.breaks
    assert lie.breaks <= known
    said = {name for name in vars(HONEST) if name not in ("name", "lie", "breaks", "versions")}
    assert [name for name in said if getattr(lie, name) != getattr(HONEST, name)]


def test_every_must_has_a_lie_of_its_own_and_the_document_says_which() -> None:
    assert without_a_lie_of_their_own() == []
    assert document() == DOCUMENT.read_text(), "run: python -m tests.sabotage.table"


def test_nothing_fails_under_a_lie_that_is_neither_meant_nor_explained() -> None:
    rows = matrix.read()
    assert matrix.unexplained(rows) == {}
    assert matrix.document(rows) == matrix.DOCUMENT.read_text(), "run: python -m tests.sabotage.table --matrix"


def test_what_fails_besides_is_named() -> None:
    rows = {"local-locks": matrix.Row("core", 5, {"IO-001": "", "LOCK-001": ""}, ["LOCK-005"], [])}
    assert matrix.unexplained(rows) == {"local-locks": ["IO-001"]}
    assert "| `local-locks` | core | 5 | LOCK-001 | IO-001 | LOCK-005 | - |" in matrix.document(rows)


def test_options_are_replaced_and_others_stay() -> None:
    change = replaced(("vers", "vers=4.1"), ("nfsvers", ""))
    assert change("vers=4.2,hard") == "hard,vers=4.1"
    assert change("noatime, nfsvers=3") == "noatime,vers=4.1"


def test_claims_become_directories_of_the_node_and_nothing_else_changes() -> None:
    lie = SABOTAGES["volumes-are-pod-local"]
    deployment, service = load("mysql-myshop.yml")
    changed = lie.document(deployment)["spec"]["template"]["spec"]
    assert changed["volumes"] == [{"name": "nfs-vol-myshop", "emptyDir": {}}]
    assert changed["containers"] == deployment["spec"]["template"]["spec"]["containers"]
    assert lie.document(service) == service


def test_events_of_failed_mounts_lose_their_cause_and_others_nothing() -> None:
    heard = SABOTAGES["causes-are-kept-secret"].answer
    told = {
        "reason": "FailedMount",
        "message": 'MountVolume.SetUp failed for volume "a" : mount failed: exit status 32',
    }
    assert heard("Event", told)["message"] == 'MountVolume.SetUp failed for volume "a"'
    assert heard("Event", {**told, "reason": "Failed"})["message"] == told["message"]
    assert heard("Pod", told) == told


def test_pods_of_deployments_and_pods_alone_are_told_apart() -> None:
    deployment, _ = load("mysql-myshop.yml")
    (pod,) = load("nfs-probe-readiness.yml")
    stranger, ended = SABOTAGES["strangers-answer"].document, SABOTAGES["who-is-not-ready-is-ended"].document
    assert stranger(deployment)["spec"]["template"]["spec"]["hostname"] == "stranger"
    assert stranger(pod) == pod
    assert ended(deployment) == deployment
    (container,) = ended(pod)["spec"]["containers"]
    assert container["livenessProbe"] == container["readinessProbe"]
