"""NFSK8S-RECLAIM-002"""

import pytest

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import MAKE_FILES, NfsServer
from fixtures.waiting.patience import PATIENCE, promised

FILES = 10_000
# What is easily forgotten: hidden names, deep trees, owners and modes that shut everybody out, odd names, links.
_FILL = f"""
set -e
mkdir -p many .hidden/.deeper locked "with space"
(cd many && seq -f 'file-%05g' {FILES} | {MAKE_FILES})
touch .dotfile .hidden/.deeper/.file "with space/new
line" -- '--looks-like-an-option' 'ümlaut' locked/file
deep=$(seq -s / 50) && mkdir -p "$deep" && touch "$deep/file"
ln -s /etc/passwd link-out && ln -s nowhere link-dangling && ln .dotfile hard-link && mkfifo pipe
chown -R 999:999 .hidden && chown -R 12345:23456 1 locked && chmod 000 locked/file locked
"""


@requirement(
    "NFSK8S-RECLAIM-002",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#recycle",
        "kubernetes/kubernetes#53413",
        "kubernetes/kubernetes#59063",
    ],
    since="0.1",
    asks=["no_root_squash"],
)
@pytest.mark.usefixtures("recycling")
def test_recycle_empties_the_volume(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, evidence: Evidence
) -> None:
    """A volume with the policy Recycle is emptied when its claim is deleted, and can be claimed again.

    Observed on the server: 10,000 files, hidden names, deep trees, foreign owners and links before; an empty directory
    after. Observed in the cluster: the phase goes to Available only then, without a trace of the old claim, and a new
    claim is bound. The recycler pod mounts with the node's default version: it does not see the volume's mountOptions.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    with evidence.step("bind a claim, fill the volume on the server"):
        volume, claim = namespace.bound_volume(shared.path)
        files.shell(_FILL, timeout=PATIENCE.recycle)
        before = files.count()
    evidence.expect(before > FILES, "the volume is full of files", expected=f"more than {FILES}", seen=before)

    with evidence.step("delete the claim"), promised("a recycled volume becomes Available"):
        namespace.delete_claim(claim)
        document = namespace.wait_volume(volume, "Available", PATIENCE.recycle)
    left = [str(entry) for entry in files.tree(limit=20)]
    evidence.expect(left == [], "the directory on the server is empty", expected=[], seen=left)
    evidence.expect(
        "claimRef" not in document["spec"], "the old claim is forgotten", expected="no claimRef", seen=document["spec"]
    )
    with promised("the cluster reports the recycling"):
        events = namespace.volume_events(volume, "VolumeRecycled")
    evidence.attach("volume-events.txt", "\n".join(events))

    with evidence.step("claim it again"), promised("a recycled volume can be claimed again"):
        again = namespace.create_claim("nfs-pvc-mysql-again")["metadata"]["name"]
        namespace.wait_bound(volume, again)
