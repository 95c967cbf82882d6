"""The table of lies: complete, and each of them about something."""

import pytest

from certify.catalogue import published
from fixtures.kube.manifests import load
from fixtures.sabotage import HONEST, SABOTAGES, Sabotage, replaced
from tests.sabotage.table import DOCUMENT, document, without_a_lie


@pytest.mark.parametrize("lie", SABOTAGES.values(), ids=list(SABOTAGES))
def test_a_lie_names_what_it_breaks_and_changes_something(lie: Sabotage) -> None:
    known = {entry.requirement.id.removeprefix("NFSK8S-") for entry in published().entries if not entry.planned}
    assert lie.breaks
    assert lie.breaks <= known
    said = {name for name in vars(HONEST) if name not in ("name", "lie", "breaks", "versions")}
    assert [name for name in said if getattr(lie, name) != getattr(HONEST, name)]


def test_every_must_can_fail_and_the_document_says_how() -> None:
    assert without_a_lie() == []
    assert document() == DOCUMENT.read_text(), "run: python -m tests.sabotage.table"


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
