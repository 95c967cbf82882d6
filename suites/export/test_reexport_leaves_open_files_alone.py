"""NFSK8S-EXPORT-010"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

_OPEN = "held = os.open('held', os.O_CREAT | os.O_RDWR, 0o666); os.fchmod(held, 0o666); os.write(held, b'before ')"
_GO_ON = "os.write(held, b'after'); os.fsync(held); os.pread(held, 100, 0).decode()"


@requirement(
    "NFSK8S-EXPORT-010",
    level=MUST,
    cites=["exports(5)", "exportfs(8)"],
    since="0.2",
    asks=["export_options"],
)
def test_reexport_leaves_open_files_alone(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """A change of the export table takes effect with `exportfs -ra`, and a client that holds a file open is not
    disturbed.

    Observed on the client: a process that opened a file before the change writes on and reads after it. Observed on
    the server: before the change a new file is uid 1234's, after it the anonymous user's; the held file is whole. An
    export that is added meanwhile can be mounted.
    """
    options = "rw,sync,no_subtree_check"
    shared = export(options)
    files = nfs_server.files(shared)
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    user = client.session(mounted.path, as_user="1234:1234")
    with evidence.step("open a file, write, keep it open"):
        user.do(_OPEN)
        user.do("open('before', 'w').close()")
    owner = files.stat("before").owner
    evidence.expect(owner == "1234:1234", "at first users keep their uids", expected="1234:1234", seen=owner)

    with evidence.step("change the export's line to all_squash, run exportfs -ra"):
        changed = nfs_server.set_options(shared, f"{options},all_squash")
    evidence.attach("effective-exports.txt", nfs_server.effective_exports())
    user.do("open('after', 'w').close()")
    owner, nobody = files.stat("after").owner, nfs_server.anonymous(changed)
    evidence.expect(owner == nobody, "the change is in effect at once", expected=nobody, seen=owner)

    with evidence.step("go on with the file that was open all the time"):
        content = user.do(_GO_ON)
    evidence.expect(content == "before after", "the holder reads on", expected="before after", seen=content)
    stored = files.read("held")
    evidence.expect(stored == b"before after", "what it wrote is on the server", expected=b"before after", seen=stored)

    with evidence.step("add an export, mount it"):
        added = export(options)
        second = client.mount(nfs_server.endpoint, added.path, version=nfs_version)
        client.sh('echo new > "$1/file"', second.path).must("write into the new export")
    stored = nfs_server.files(added).read("file")
    evidence.expect(stored == b"new\n", "the added export is served", expected=b"new\n", seen=stored)
    content = user.do("past_cache(held, 100).decode()")
    evidence.expect(content == "before after", "the holder still reads", expected="before after", seen=content)
