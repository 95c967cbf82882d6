"""NFSK8S-IO-002"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised

RENAMES = 60
# Each opens after the other's close, and closes: that is all that close-to-open promises. What close(2) reports must
# not be lost with a forgotten file object.
_APPEND = "with open('file', 'a') as file:\n    file.write(' and end')"
_TRUNCATE = "with open('file', 'r+') as file:\n    file.truncate(5)"
_LOOK = "with open('file') as file:\n    seen = [os.fstat(file.fileno()).st_size, file.read()]\nseen"
_RENAME = f"""
for number in range({RENAMES}):
    with open('new', 'w') as file:
        file.write(chr(ord('a') + number % 26) * 1000)
    os.rename('new', 'current')
"""
# A server without opens, NFSv3's, forgets a file that is replaced: ESTALE, and the next open finds its successor.
_READ = """
contents, stale = set(), 0
for _ in range(200):
    try:
        with open('current') as file:
            contents.add(file.read())
    except OSError as error:
        if error.errno != errno.ESTALE:
            raise
        stale += 1
[stale, sorted(contents)]
"""


@requirement(
    "NFSK8S-IO-002",
    level=MUST,
    cites=["nfs(5)", "rename(2)", "RFC 1813 section 3.3.14", "RFC 8881 section 18.26"],
    since="0.2",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_append_truncate_rename_are_seen_by_the_other_host(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """Appended data, truncation and an atomic rename by one node are seen by the other.

    Two client hosts stand for the nodes. Observed on them: size and content of a file that is opened after the other
    host has appended to it or truncated it and has closed it; while one renames a new file over the old one again and
    again, every open of the other finds a file, whole, old or new, and the last one when its cached directory expires.
    Observed on the server: the last content, and no other file.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    # Made before the mounts: what Linux looks up in a directory that has just changed it may take for checked at the
    # next open, and not ask about it once, for the dentry's verifier is not set (see torvalds/linux@0f900f11002f).
    files.write("file", b"begin")
    files.write("current", b"0" * 1000)
    one, other = two_hosts(shared)
    seen = other.do(_LOOK)
    evidence.expect(seen == [5, "begin"], "the other host sees the file", expected=[5, "begin"], seen=seen)
    with evidence.step("append on one host"):
        one.do(_APPEND)
        stored = files.read("file")
    evidence.expect(stored == b"begin and end", "it is on the server", expected=b"begin and end", seen=stored)
    seen, wanted = other.do(_LOOK), [13, "begin and end"]
    evidence.expect(seen == wanted, "the other host sees what was appended", expected=wanted, seen=seen)
    with evidence.step("truncate on the other host"):
        other.do(_TRUNCATE)
    seen = one.do(_LOOK)
    evidence.expect(seen == [5, "begin"], "the first host sees the truncation", expected=[5, "begin"], seen=seen)

    with evidence.step(f"rename {RENAMES} times over a file that the other host opens and reads meanwhile"):
        other.begin(_READ)
        one.do(_RENAME)
        answer = other.answer()
    evidence.attach("reads.txt", f"{answer}\n")
    contents = answer.value[1] if answer.value else []
    odd = [f"{content[:20]!r}, {len(content)} bytes" for content in contents if content != content[:1] * 1000]
    evidence.expect(
        answer.error == "no error" and not odd,
        "every open finds a whole file",
        expected="1000 equal letters, no error",
        seen=[answer.error, *odd],
    )
    last = chr(ord("a") + (RENAMES - 1) % 26)
    with evidence.step("wait for the last file on the other host"), promised("a rename is seen by the other host"):
        eventually(
            lambda: other.attempt("open('current').read()[:1]").value,
            until=lambda letter: letter == last,
            what="the last file under its name on the other host",
            within=PATIENCE.cached,
        )
    stored = files.read("current")
    evidence.expect(stored == last.encode() * 1000, "the last file is on the server", expected=last, seen=stored[:20])
    names = [entry.path for entry in files.tree() if not entry.path.startswith(".nfs")]
    evidence.expect(names == ["current", "file"], "no other file is left", expected=["current", "file"], seen=names)
