"""NFSK8S-DYNAMIC-008"""

import time

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.scenario.storage import Dynamic
from fixtures.waiting.patience import promised


@requirement(
    "NFSK8S-DYNAMIC-008",
    level=SHOULD,
    cites=["https://kubernetes.io/docs/concepts/storage/dynamic-provisioning/"],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_fifty_claims_at_once(dynamic: Dynamic, many: tuple[str, ...], evidence: Evidence) -> None:
    """Fifty claims that come at once, or as many as `--scale` says, are given a volume each, and go without a trace.

    Observed in the cluster: all are Bound, and all volumes are gone with them; the seconds are evidence. Observed on
    the server: a directory for each, and none.
    """
    classes = dynamic()
    made = classes.make("many")
    began = time.monotonic()
    with evidence.step(f"claim {len(many)} volumes"), promised(f"every one of {len(many)} claims is given a volume"):
        for name in many:
            classes.ask(name, made)
        places = [classes.directory(classes.bound(name)) for name in many]
    evidence.measure(f"{len(many)} volumes are made", time.monotonic() - began, "s")
    there = {place.path for place in places if classes.is_there(place)}
    evidence.expect(len(there) == len(many), "each has a directory of its own", expected=len(many), seen=sorted(there))
    with evidence.step("delete the claims"), promised("every volume goes with its claim"):
        classes.delete(*many)
    left = classes.left_of(*places)
    evidence.expect(left == [], "none of their directories is left", expected=[], seen=left)
