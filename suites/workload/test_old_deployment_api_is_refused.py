"""NFSK8S-WORKLOAD-011"""

from certify.declare import MUST, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.evidence import Evidence
from fixtures.kube.client import Refused
from fixtures.kube.manifests import load
from fixtures.kube.namespace import Namespace

REFUSAL = 'no matches for kind "Deployment" in version "extensions/v1beta1"'


@requirement(
    "NFSK8S-WORKLOAD-011",
    level=MUST,
    cites=["https://kubernetes.io/docs/reference/using-api/deprecation-guide/#deployment-v116"],
    since="0.2",
    each_version=False,
)
def test_old_deployment_api_is_refused(namespace: Namespace, evidence: Evidence) -> None:
    """A Deployment of `extensions/v1beta1` is refused by today's API, and the diagnosis gives its `apps/v1` form.

    Observed in the cluster: the refusal and that nothing was made; the same deployment as `apps/v1` is taken. Observed
    in the diagnosis of that refusal: the API version to write and the selector to add.
    """
    (old,) = load("mysql-myshop-v1beta1.yml")
    refusals: list[str] = []
    with evidence.step("create the old form"):
        try:
            namespace.create(old)
        except Refused as error:
            refusals.append(str(error))
    evidence.attach("refusal.txt", "\n".join(refusals))
    evidence.expect(
        any(REFUSAL in refusal for refusal in refusals), "the old form is refused", expected=REFUSAL, seen=refusals
    )
    made = namespace.kube.find("Deployment", namespace.name)
    evidence.expect(made == [], "no deployment was made", expected=[], seen=made)

    found = diagnose(refusals, known_diagnoses().values())
    evidence.expect("api-version-removed" in found, "it is diagnosed", expected="api-version-removed", seen=found)
    fix = known_diagnoses()["api-version-removed"].fix[0]
    named = "apiVersion: apps/v1" in fix and "spec.selector.matchLabels" in fix
    evidence.expect(named, "the fix gives the new form", expected="apps/v1 and its selector", seen=fix)

    new, _ = load("mysql-myshop.yml")
    with evidence.step("create the new form"):
        created = namespace.create({**new, "spec": {**new["spec"], "replicas": 0}})
    evidence.expect(created["apiVersion"] == "apps/v1", "the new form is taken", expected="apps/v1", seen=created)
