"""NFSK8S-IO-002"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.session import NO_ERROR
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE

ROUNDS, RENAMES = 10, 6
TIMES = 250  # that a file holds four letters of its own
# Each opens after the other's close, and closes: that is all that close-to-open promises. What close(2) reports must
# not be lost with a forgotten file object.
_APPEND = "with open('file', 'a') as file:\n    file.write(' and end')"
_TRUNCATE = "with open('file', 'r+') as file:\n    file.truncate(5)"
_LOOK = "with open('file') as file:\n    seen = [os.fstat(file.fileno()).st_size, file.read()]\nseen"
_RENAME = f"""
for number in range({{first}}, {{first}} + {RENAMES}):
    with open('new', 'w') as file:
        file.write('%04d' % number * {TIMES})
    os.rename('new', 'current')
"""
# Until the last file of a round is seen: what is cached, or delegated, is read in no time, and not while the other host
# renames. A server without opens, NFSv3's, forgets a file that is replaced: ESTALE; the next open finds its successor.
_READ = """
contents, stale, opens, end = set(), 0, 0, time.monotonic() + {seconds}
while {last!r} not in contents and time.monotonic() < end:
    try:
        opens += 1
        with open('current') as file:
            contents.add(file.read())
    except OSError as error:
        if error.errno != errno.ESTALE:
            raise
        stale += 1
    time.sleep(0.001)
[opens, stale, sorted(contents)]
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
    again, every open of the other finds a file, whole, old or new, and soon the last one.
    Observed on the server: the last content, and no other file.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    # Made before the mounts: what Linux looks up in a directory that has just changed it may take for checked at the
    # next open, and not ask about it once, for the dentry's verifier is not set (see torvalds/linux@0f900f11002f).
    files.write("file", b"begin")
    files.write("current", b"zero" * TIMES)
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

    reads = []
    with evidence.step(f"rename {ROUNDS * RENAMES} times over a file that the other host opens and reads meanwhile"):
        for first in range(0, ROUNDS * RENAMES, RENAMES):
            last = f"{first + RENAMES - 1:04}" * TIMES
            other.begin(_READ.format(seconds=PATIENCE.cached, last=last))
            one.do(_RENAME.format(first=first))
            answer = other.answer(PATIENCE.cached + PATIENCE.command)
            evidence.expect(answer.error == NO_ERROR, "every open finds a file", expected=NO_ERROR, seen=answer.error)
            opens, stale, contents = answer.value
            reads.append(f"{opens} opens, {stale} stale: {', '.join(text[:4] for text in contents)}\n")
            odd = [f"{text[:20]!r}, {len(text)} bytes" for text in contents if text != text[:4] * TIMES]
            evidence.expect(not odd, "every file is whole", expected="its own four letters, again and again", seen=odd)
            if last not in contents:
                PATIENCE.must_have_been_enough("the last file under its name on the other host")
            evidence.expect(last in contents, "the other host sees the last file", expected=last[:4], seen=reads[-1])
    evidence.attach("reads.txt", "".join(reads))
    stored = files.read("current")
    evidence.expect(stored == last.encode(), "the last file is on the server", expected=last[:20], seen=stored[:20])
    names = [entry.path for entry in files.tree() if not entry.path.startswith(".nfs")]
    evidence.expect(names == ["current", "file"], "no other file is left", expected=["current", "file"], seen=names)
