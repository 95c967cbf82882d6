"""NFSK8S-DYNAMIC-008"""

import time

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.scenario.storage import Dynamic
from fixtures.waiting.patience import promised

NAMES = tuple(f"claim-{number:02}" for number in range(50))


@requirement(
    "NFSK8S-DYNAMIC-008",
    level=SHOULD,
    cites=["https://kubernetes.io/docs/concepts/storage/dynamic-provisioning/"],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_fifty_claims_at_once(dynamic: Dynamic, evidence: Evidence) -> None:
    """Fifty claims that come at once are each given a volume with a directory of its own, and go without a trace.

    Observed in the cluster: all are Bound, and all volumes are gone with them; the seconds are evidence. Observed on
    the server: fifty directories, and none.
    """
    classes = dynamic()
    made = classes.make("many")
    began = time.monotonic()
    with evidence.step("claim fifty volumes"), promised("every one of fifty claims is given a volume"):
        for name in NAMES:
            classes.ask(name, made)
        places = [classes.directory(classes.bound(name)) for name in NAMES]
    evidence.measure("fifty volumes are made", time.monotonic() - began, "s")
    there = {place.path for place in places if classes.is_there(place)}
    evidence.expect(
        len(there) == len(NAMES), "each has a directory of its own", expected=len(NAMES), seen=sorted(there)
    )
    with evidence.step("delete the claims"), promised("every volume goes with its claim"):
        classes.delete(*NAMES)
    left = [place.path for place in places if classes.is_there(place)]
    evidence.expect(left == [], "none of their directories is left", expected=[], seen=left)
