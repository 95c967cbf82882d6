"""NFSK8S-SQUASH-003"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer


@requirement(
    "NFSK8S-SQUASH-003",
    level=MUST,
    cites=["exports(5)", "docker-library/mysql#153"],
    since="0.1",
    asks=["no_root_squash"],
)
def test_no_root_squash_keeps_root(
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    probe: Prober,
    evidence: Evidence,
) -> None:
    """On a no_root_squash export a pod's root stays root: its files are uid 0's and it can give them away.

    Observed in the pod: owners before and after chown, which succeeds. Observed on the server: the same owners,
    no_root_squash in effect.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    namespace.bound_volume(shared.path)

    with evidence.step("make files as root in a pod, give one away"):
        made = probe("cd /data && touch mine given && chown 999:998 given && stat -c %u:%g mine given")
    evidence.expect(made.code == 0, "chown as root succeeds", expected=0, seen=f"{made.code}: {made.log}")
    wanted = "0:0\n999:998\n"
    evidence.expect(made.log == wanted, "the pod sees both owners", expected=wanted, seen=made.log)

    files = nfs_server.files(shared)
    owner = files.stat("mine").owner
    evidence.expect(owner == "0:0", "root's file is root's on the server", expected="0:0", seen=owner)
    owner = files.stat("given").owner
    evidence.expect(owner == "999:998", "the given file has its new owner there", expected="999:998", seen=owner)

    effective = nfs_server.effective_options(shared)
    evidence.attach("effective-options.txt", ",".join(sorted(effective)))
    evidence.expect(
        "no_root_squash" in effective, "no_root_squash is in effect", expected="no_root_squash", seen=sorted(effective)
    )
