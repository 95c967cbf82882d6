"""NFSK8S-SQUASH-001"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer


@requirement(
    "NFSK8S-SQUASH-001",
    level=MUST,
    cites=["exports(5)", "longhorn/longhorn#2357"],
    since="0.1",
    asks=["export_options"],
)
def test_root_squash_makes_root_anonymous(
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    probe: Prober,
    evidence: Evidence,
) -> None:
    """By default a client's root is nobody on the server: its new files belong to the anonymous user.

    Observed in the pod: it is root (uid 0), and its new file and directory belong to nobody. Observed on the server:
    root_squash is in effect although no option asked for it, and the owner of both is the anonymous user, 65534:65534
    unless the export says another.
    """
    shared = export("rw,sync,no_subtree_check", exactly=True)
    namespace.bound_volume(shared.path)

    with evidence.step("make a file and a directory as root in a pod"):
        made = probe("id -u; cd /data && touch file && mkdir folder && stat -c %u:%g file folder")

    files, nobody = nfs_server.files(shared), nfs_server.anonymous(shared)
    for entry in ("file", "folder"):
        owner = files.stat(entry).owner
        evidence.expect(owner == nobody, f"the {entry} is nobody's on the server", expected=nobody, seen=owner)
    wanted = f"0\n{nobody}\n{nobody}\n"
    evidence.expect(made.log == wanted, "the pod is root and sees nobody as owner", expected=wanted, seen=made.log)

    effective = nfs_server.effective_options(shared)
    evidence.attach("effective-options.txt", ",".join(sorted(effective)))
    evidence.expect(
        "root_squash" in effective, "root_squash is the default", expected="root_squash", seen=sorted(effective)
    )
