"""NFSK8S-VOLUME-016"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer

# The set-group-id bit hands the directory's group on to what is made in it.
GROUP, MODE = 5555, 0o2770
_TRY = """
id -G
touch /data/file
"""


@requirement(
    "NFSK8S-VOLUME-016",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "kubernetes/examples#260",
        "kubernetes/kubernetes#12944",
    ],
    since="0.2",
    asks=["root_squash"],
)
def test_supplemental_groups_count_and_fs_group_does_not(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """On in-tree NFS volumes `fsGroup` is not applied and `supplementalGroups` are.

    Observed in the pods: both processes are in their group; the one with fsGroup may not write, the one in the
    directory's group may. Observed on the server: the directory's owner and mode as they were, and the file is its
    writer's and of the directory's group.
    """
    shared = export("rw,sync,no_subtree_check,root_squash")
    files = nfs_server.files(shared)
    files.shell(f"chgrp {GROUP} . && chmod {MODE:o} .")
    before = files.stat()
    namespace.bound_volume(shared.path)

    with evidence.step("write with fsGroup"):
        tried = probe(_TRY, manifest="nfs-probe-fs-group.yml")
    groups = tried.log.splitlines()[0].split()
    evidence.expect("4242" in groups, "the process is in its fsGroup", expected="4242", seen=groups)
    evidence.expect(
        "Permission denied" in tried.log, "the volume is not its group's", expected="Permission denied", seen=tried.log
    )
    after = files.stat()
    evidence.expect(after == before, "fsGroup changed nothing on the server", expected=before, seen=after)

    with evidence.step("write with supplementalGroups"):
        used = probe(_TRY, manifest="nfs-probe-supplemental-groups.yml")
    groups = used.log.split()
    evidence.expect(str(GROUP) in groups, "the process is in its group", expected=GROUP, seen=groups)
    evidence.expect(used.code == 0, "a member of the directory's group may write", expected=0, seen=used.log)
    owner = files.stat("file").owner
    evidence.expect(owner == f"1000:{GROUP}", "the file on the server", expected=f"1000:{GROUP}", seen=owner)
