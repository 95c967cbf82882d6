"""NFSK8S-RECOVERY-005"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised

_REFUSALS = {"ESTALE", "EACCES"}
_WRITE = "os.write(file, b'line\\n'); os.fsync(file)"


@requirement(
    "NFSK8S-RECOVERY-005",
    level=MUST,
    cites=["exportfs(8)", "RFC 8881 section 15.1.2", "kubernetes/kubernetes#75918"],
    since="0.2",
    asks=["export_options"],
    needs=["fault-injection"],
)
def test_withdrawn_export_is_given_back(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """An export that is withdrawn answers ESTALE or EACCES, and its clients recover when it is given back.

    Observed on a client that holds a file open in it: a new file is refused while the export is withdrawn, and made
    when it is back, without a new mount; so is a write to a file that is opened then; what the file that was open all
    the time answers is evidence. Observed on the server: what was written before and after, nothing from in between.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    session = client.session(mounted.path)
    session.do(f"held = file = os.open('file', os.O_CREAT | os.O_WRONLY | os.O_APPEND); {_WRITE}")
    with evidence.step("withdraw the export"):
        nfs_server.withdraw(shared)
    refused = session.attempt("os.mkdir('meanwhile')").error
    evidence.expect(refused in _REFUSALS, "it is refused meanwhile", expected=sorted(_REFUSALS), seen=refused)
    with evidence.step("give it back"), promised("a client recovers without a new mount"):
        nfs_server.offer(shared)
        eventually(
            lambda: session.attempt("os.mkdir('afterwards')").error,
            until=lambda error: error == "no error",
            what="the client to be served again",
            within=PATIENCE.mount,
        )
    session.do(f"file = os.open('file', os.O_WRONLY | os.O_APPEND); {_WRITE}; os.close(file)")
    files = nfs_server.files(shared)
    names = [entry.path for entry in files.tree()]
    wanted = ["afterwards", "file"]
    evidence.expect(names == wanted, "the server has what was made before and after", expected=wanted, seen=names)
    stored = files.read("file")
    evidence.expect(stored == b"line\nline\n", "both lines are there", expected=b"line\nline\n", seen=stored)
    answer = session.attempt("os.write(held, b'line\\n'); os.fsync(held)").error
    evidence.attach("held.txt", f"what was open all the time is written again: {answer}\n")
