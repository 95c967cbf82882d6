"""NFSK8S-IO-003"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised


@requirement(
    "NFSK8S-IO-003",
    level=MUST,
    cites=["unlink(2)", "RFC 1813 section 3.3.12"],
    since="0.2",
    asks=["no_root_squash"],
)
def test_unlinked_open_file_stays_usable(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """A file that is unlinked while it is open stays usable until it is closed, and nothing of it is left then.

    Observed on two client hosts: one removes a file that it holds open and goes on writing and reading it, the other
    no longer finds its name. Observed on the server: the data under another name meanwhile (.nfs..., or nothing where
    the server keeps nameless files), and an empty directory after the last close.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    one, other = two_hosts(shared)
    with evidence.step("open a file, remove it, write and read on"):
        one.do("file = os.open('file', os.O_CREAT | os.O_RDWR); os.write(file, b'before '); os.unlink('file')")
        one.do("os.write(file, b'after'); os.fsync(file)")
        content = one.do("past_cache(file, 100).decode()")
    evidence.expect(content == "before after", "the open file is usable", expected="before after", seen=content)
    names = [entry.path for entry in files.tree()]
    evidence.attach("while-open.txt", "\n".join(names))
    hidden = [name for name in names if name.startswith(".nfs")]
    evidence.expect(names == hidden, "the name is gone on the server", expected=".nfs... or nothing", seen=names)
    seen = other.attempt("open('file')").error
    evidence.expect(seen == "ENOENT", "the other host finds no such file", expected="ENOENT", seen=seen)

    with evidence.step("close it"):
        one.do("os.close(file)")
    with promised("nothing is left of a removed file once it is closed"):
        eventually(files.tree, until=lambda left: not left, what="an empty directory", within=PATIENCE.command)
