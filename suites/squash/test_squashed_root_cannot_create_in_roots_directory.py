"""NFSK8S-SQUASH-007"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer

_TRY = """
id -u
python3 -c '
import errno, os
for attempt in (lambda: os.open("/data/file", os.O_CREAT | os.O_WRONLY), lambda: os.mkdir("/data/folder")):
    try:
        attempt()
        print("no error")
    except OSError as error:
        print(errno.errorcode[error.errno])
'
touch /data/file
"""


@requirement(
    "NFSK8S-SQUASH-007",
    level=MUST,
    cites=["exports(5)", "RFC 1813 section 4.4"],
    since="0.2",
    asks=["root_squash"],
)
def test_squashed_root_cannot_create_in_roots_directory(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, probe: Prober, evidence: Evidence
) -> None:
    """On a root_squash export a pod's root cannot create a file in a root-owned directory of mode 0755: EACCES.

    Observed in the pod: it is root, the errno of open(2) and mkdir(2), the log line of touch(1). Observed on the
    server: the directory is root's, has mode 0755, and is still empty.
    """
    shared = export("rw,sync,no_subtree_check,root_squash", mode=0o755)
    namespace.bound_volume(shared.path)

    with evidence.step("create a file and a directory as root in a pod"):
        tried = probe(_TRY)

    lines = tried.log.splitlines()
    wanted = ["0", "EACCES", "EACCES"]
    evidence.expect(lines[:3] == wanted, "creating as root fails with EACCES", expected=wanted, seen=lines[:3])
    message = "touch: cannot touch '/data/file': Permission denied"
    evidence.expect(message in lines, "touch says so in the pod's log", expected=message, seen=tried.log)

    files = nfs_server.files(shared)
    directory = files.stat()
    seen = f"{directory.owner} {directory.mode:o}"
    evidence.expect(seen == "0:0 755", "the directory is root's alone on the server", expected="0:0 755", seen=seen)
    made = [entry.path for entry in files.tree()]
    evidence.expect(made == [], "nothing was made on the server", expected=[], seen=made)
    effective = nfs_server.effective_options(shared)
    evidence.expect(
        "root_squash" in effective, "root_squash is in effect", expected="root_squash", seen=sorted(effective)
    )
