"""NFSK8S-IO-002"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario import Exporter, TwoHosts
from fixtures.servers.server import NfsServer

RENAMES = 60
# Opened first: what is cached about a file is checked at open, not at stat (nfs(5), close-to-open).
_LOOK = "file = open('file'); [os.fstat(file.fileno()).st_size, file.read()]"
_RENAME = f"""
for number in range({RENAMES}):
    with open('new', 'w') as file:
        file.write(chr(ord('a') + number % 26) * 1000)
    os.rename('new', 'current')
"""
# Over NFSv3 a file that is replaced between open and read is gone, ESTALE: the next open must find its successor.
_READ = """
contents = set()
for _ in range(200):
    with open('current') as file:
        try:
            contents.add(file.read())
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
sorted(contents)
"""


@requirement(
    "NFSK8S-IO-002",
    level=MUST,
    cites=["nfs(5)", "rename(2)", "RFC 1813 section 3.3.14", "RFC 8881 section 18.26"],
    since="0.2",
    needs=["two-nodes"],
)
def test_append_truncate_rename_are_seen_by_the_other_host(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """Appended data, truncation and an atomic rename by one node are seen by the other.

    Two client hosts stand for the nodes. Observed on them: size and content after appending and truncating; while one
    renames a new file over the old one again and again, every open of the other finds a file, whole, old or new.
    Observed on the server: the last content, and no other file.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    one, other = two_hosts(shared)
    one.do(_write("file", "w", "begin"))
    seen = other.do(_LOOK)
    evidence.expect(seen == [5, "begin"], "the other host sees the file", expected=[5, "begin"], seen=seen)
    with evidence.step("append on one host"):
        one.do(_write("file", "a", " and end"))
    seen, wanted = other.do(_LOOK), [13, "begin and end"]
    evidence.expect(seen == wanted, "the other host sees what was appended", expected=wanted, seen=seen)
    with evidence.step("truncate on the other host"):
        other.do("os.truncate('file', 5)")
    seen = one.do(_LOOK)
    evidence.expect(seen == [5, "begin"], "the first host sees the truncation", expected=[5, "begin"], seen=seen)

    one.do(_write("current", "w", "0" * 1000))
    with evidence.step(f"rename {RENAMES} times over a file that the other host opens and reads meanwhile"):
        other.begin(_READ)
        one.do(_RENAME)
        answer = other.answer()
    evidence.attach("reads.txt", f"{answer}\n")
    odd = [f"{content[:20]!r}, {len(content)} bytes" for content in answer.value or [] if not _whole(content)]
    evidence.expect(
        answer.error == "no error" and not odd,
        "every open finds a whole file",
        expected="1000 equal letters, no error",
        seen=[answer.error, *odd],
    )
    last = one.do("open('current').read()[:1]")
    seen = other.do("open('current').read()[:1]")
    evidence.expect(seen == last, "both hosts see the last rename", expected=last, seen=seen)
    names = [entry.path for entry in nfs_server.files(shared).tree() if not entry.path.startswith(".nfs")]
    evidence.expect(names == ["current", "file"], "no other file is left", expected=["current", "file"], seen=names)


def _whole(content: str) -> bool:
    return len(content) == 1000 and len(set(content)) == 1


def _write(name: str, mode: str, text: str) -> str:
    """Code that writes and closes: what close(2) reports must be seen, not lost with a forgotten file object."""
    return f"with open({name!r}, {mode!r}) as file:\n    file.write({text!r})"
