"""NFSK8S-IO-006"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

ACCESSED, MODIFIED = 1_000_000_000_000_000_000, 1_234_567_890_123_456_789  # nanoseconds
_MAKE = f"""
times = ({ACCESSED}, {MODIFIED})
with open('file', 'x') as file:
    file.write('data')
os.link('file', 'second')
os.symlink('some where/else', 'link')
os.mkdir('folder')
os.chmod('file', 0o640)
os.chmod('folder', 0o2750)
os.utime('folder', ns=times)
os.utime('link', ns=times, follow_symlinks=False)
"""
# As touch and rsync do, by the name of a closed file; and as cp and tar do, on what they have just written.
_SET_TIMES = """
os.utime('file', ns=times)
with open('copy', 'x') as file:
    file.write('data')
    file.flush()
    os.utime(file.fileno(), ns=times)
"""
# Link count and mode; times of access and of change.
_LINKS = "stat -c '%n %h %a' copy file folder link"
_TIMES = "stat -c '%n %X %.9Y' copy file folder"
_LINK_TIMES = "stat -c '%n %X %.9Y' link"
LINKS = ["copy 1 644", "file 2 640", "folder 2 2750", "link 1 777"]
_SET = "1000000000 1234567890.123456789"
TIMES = [f"copy {_SET}", f"file {_SET}", f"folder {_SET}"]
LINK_TIMES = [f"link {_SET}"]
CHECKS = (
    (_LINKS, LINKS, "links and modes are"),
    (_TIMES, TIMES, "times of files and directories are"),
    (_LINK_TIMES, LINK_TIMES, "times of a symbolic link are"),
)


@requirement(
    "NFSK8S-IO-006",
    level=MUST,
    cites=["link(2)", "symlink(2)", "chmod(2)", "utimensat(2)", "RFC 9754 section 5"],
    since="0.2",
    asks=["no_root_squash", "privileged-pods"],
)
def test_links_modes_and_times_are_kept(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """Hard links, symbolic links, permissions and timestamps are on the server as the client made them.

    Observed on the client: it makes a file with two names, a symbolic link and a folder, sets their modes, and their
    times to the nanosecond, by name as touch does and on an open file as cp and tar do. Observed on the server: link
    counts, modes and times, the link's text, one inode for both names. That is after the unmount: a client with a
    write delegation may keep the times to itself until it returns it.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    session = client.session(mounted.path)
    with evidence.step("make links, set modes and times"):
        session.do(_MAKE)
        session.do(_SET_TIMES)
    for look, wanted, what in CHECKS:
        own = client.sh(f'cd "$1" && {look}', mounted.path).stdout.splitlines()
        evidence.expect(own == wanted, f"{what} as the client made them, as it sees them", expected=wanted, seen=own)

    with evidence.step("unmount"):
        session.do("os.chdir('/')")
        client.unmount(mounted).must("unmount the export")
    files = nfs_server.files(shared)
    for look, wanted, what in CHECKS:
        stored = files.shell(look).splitlines()
        evidence.attach("on-the-server.txt", "\n".join(stored))
        evidence.expect(stored == wanted, f"{what} on the server", expected=wanted, seen=stored)
    text = files.shell("readlink link").strip()
    evidence.expect(text == "some where/else", "the link leads where it did", expected="some where/else", seen=text)
    inodes = set(files.shell("stat -c %i file second").split())
    evidence.expect(len(inodes) == 1, "both names are one file on the server", expected="one inode", seen=inodes)
    content = files.read("second")
    evidence.expect(content == b"data", "the second name has the content", expected=b"data", seen=content)
