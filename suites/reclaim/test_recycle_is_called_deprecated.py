"""NFSK8S-RECLAIM-008"""

from certify.declare import INFORMATIVE, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace


@requirement(
    "NFSK8S-RECLAIM-008",
    level=INFORMATIVE,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#recycle",
        "kubernetes/kubernetes#59063",
        "kubernetes/kubernetes#36760",
    ],
    since="0.2",
    each_version=False,
)
def test_recycle_is_called_deprecated(namespace: Namespace, evidence: Evidence) -> None:
    """The warning that the policy Recycle is deprecated is recorded.

    Observed in the cluster: the warnings with which the API server takes the article's volume, word for word, and that
    the same volume with the policy Retain is taken without that one.
    """
    with evidence.step("offer the article's volume to the API server, without storing it"):
        recycled = namespace.volume_warnings("Recycle")
        retained = namespace.volume_warnings("Retain")
    evidence.attach("warnings.txt", "\n".join(recycled))
    said = [warning for warning in recycled if "Recycle" in warning and "deprecated" in warning]
    evidence.expect(len(said) == 1, "Recycle is called deprecated", expected="one warning", seen=recycled)
    evidence.expect(said[0] not in retained, "Retain is not", expected="no such warning", seen=retained)
