"""NFSK8S-SQUASH-002"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer

# The system call's errno first, then the tool that an image's entrypoint would use, on a file and on the volume.
_TRY = """
id -u
touch /data/file
python3 -c '
import errno, os
for path in ("/data/file", "/data"):
    try:
        os.chown(path, 999, 999)
        print(path, "no error")
    except OSError as error:
        print(path, errno.errorcode[error.errno])
'
chown 999:999 /data/file
"""


@requirement(
    "NFSK8S-SQUASH-002",
    level=MUST,
    cites=["exports(5)", "chown(2)", "docker-library/mysql#153", "kubernetes-retired/nfs-provisioner#39"],
    since="0.1",
    asks=["root_squash"],
)
def test_chown_as_root_is_refused(
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    probe: Prober,
    evidence: Evidence,
) -> None:
    """On a root_squash export a pod's root cannot give files away: chown fails with EPERM and changes nothing.

    Observed in the pod: it is root, the errno of chown(2) on a file and on the volume itself, the log line of
    chown(1). Observed on the server: both owners unchanged, root_squash in effect.
    """
    shared = export("rw,sync,no_subtree_check,root_squash")
    files = nfs_server.files(shared)
    before = files.stat().owner
    namespace.bound_volume(shared.path)

    with evidence.step("chown to uid 999 as root in a pod"):
        tried = probe(_TRY)

    lines = tried.log.splitlines()
    wanted = ["0", "/data/file EPERM", "/data EPERM"]
    evidence.expect(lines[:3] == wanted, "chown(2) as root fails with EPERM", expected=wanted, seen=lines[:3])
    message = "chown: changing ownership of '/data/file': Operation not permitted"
    evidence.expect(message in lines, "chown(1) says so in the pod's log", expected=message, seen=tried.log)
    evidence.expect(tried.code == 1, "chown(1) ends with an error", expected=1, seen=tried.code)

    owner, nobody = files.stat("file").owner, nfs_server.anonymous(shared)
    evidence.expect(owner == nobody, "the file is still nobody's on the server", expected=nobody, seen=owner)
    owner = files.stat().owner
    evidence.expect(owner == before, "the directory's owner is the same on the server", expected=before, seen=owner)

    effective = nfs_server.effective_options(shared)
    evidence.attach("effective-options.txt", ",".join(sorted(effective)))
    evidence.expect(
        "root_squash" in effective, "root_squash is in effect", expected="root_squash", seen=sorted(effective)
    )
