"""NFSK8S-VOLUME-009"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer

READ_ONLY_MANY = {"spec": {"accessModes": ["ReadOnlyMany"], "nfs": {"readOnly": True}}}
# Reads the file, then tries to change it, to make another one and to delete it: the system calls' own errors.
_TRY = """
cat /data/file
python3 -c '
import errno, os
for what, call in (
    ("write", lambda: os.open("/data/file", os.O_WRONLY)),
    ("create", lambda: os.open("/data/new", os.O_WRONLY | os.O_CREAT)),
    ("unlink", lambda: os.unlink("/data/file")),
):
    try:
        call()
        print(what, "no error")
    except OSError as error:
        print(what, errno.errorcode[error.errno])
'
"""
REFUSED = ["shared", "write EROFS", "create EROFS", "unlink EROFS"]


@requirement(
    "NFSK8S-VOLUME-009",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
        "https://kubernetes.io/docs/concepts/storage/volumes/#nfs",
        "kubernetes/kubernetes#90885",
        "kubernetes/kubernetes#71214",
        "kubernetes/kubernetes#70503",
    ],
    since="0.2",
)
def test_read_only_volume_refuses_writes(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """A pod that says `readOnly: true` in its volume's source, its claim or its mount gets EROFS for every write.

    Observed in three pods: reading works; opening for writing, creating and unlinking fail with EROFS. Observed on the
    node: `ro` where the pod's volume says so. Observed on the server, whose export is rw: nothing changed. Kubernetes
    ignores the mode ReadOnlyMany and `readOnly` in the source of a PersistentVolume when it mounts in-tree NFS
    (kubernetes#71214): what a pod may do that says nothing itself is recorded, not demanded.
    """
    shared = export("rw,sync,no_subtree_check")
    files = nfs_server.files(shared)
    files.write("file", b"shared\n", mode=0o666)
    namespace.bound_volume(shared.path, READ_ONLY_MANY, {"spec": {"accessModes": ["ReadOnlyMany"]}})

    for where, path, mode in (("inline", shared.path, "ro"), ("claim", "", "ro"), ("mount", "", "")):
        with evidence.step(f"try to write with readOnly in the {where}"):
            tried = probe(_TRY, manifest=f"nfs-probe-read-only-{where}.yml", path=path)
        lines = tried.log.splitlines()
        evidence.expect(lines == REFUSED, f"readOnly in the {where} means EROFS", expected=REFUSED, seen=lines)
        options = tried.mount.split()[3].split(",")
        evidence.expect(
            mode in options or not mode, f"readOnly in the {where}, on the node", expected=mode, seen=tried.mount
        )

    left = [entry.path for entry in files.tree()]
    evidence.expect(left == ["file"], "nothing was made or deleted on the server", expected=["file"], seen=left)
    stored = files.read("file")
    evidence.expect(stored == b"shared\n", "the file is unchanged on the server", expected=b"shared\n", seen=stored)

    silent = probe("touch /data/file && echo takes a write")
    evidence.attach("pod-that-says-nothing.txt", f"{silent.log}{silent.mount}")
