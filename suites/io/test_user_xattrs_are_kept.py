"""NFSK8S-IO-007"""

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

_ON_SERVER = """python3 -c '
import os
names = sorted(name for name in os.listxattr("file") if name.startswith("user."))
print({name: os.getxattr("file", name) for name in names})'"""
_COMPARE = "[os.getxattr('file', 'user.text').decode(), os.getxattr('file', 'user.binary') == bytes(range(256))]"


@requirement(
    "NFSK8S-IO-007",
    level=SHOULD,
    cites=["RFC 8276", "xattr(7)"],
    since="0.2",
    asks=["no_root_squash"],
    features=["xattr"],
    versions=["4.2"],
)
def test_user_xattrs_are_kept(export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence) -> None:
    """User extended attributes can be set, listed, read and removed over NFS 4.2.

    Observed on two client hosts: one sets two attributes, one of them binary, and the other lists, reads and removes
    them. Observed on the server: both attributes with their values, and what is left after the removal.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    one, other = two_hosts(shared)
    one.do("open('file', 'w').close(); os.setxattr('file', 'user.text', b'value')")
    one.do("os.setxattr('file', 'user.binary', bytes(range(256)))")
    # What the server's own kind of access list is called is its own affair.
    listed = sorted(name for name in other.do("os.listxattr('file')") if name.startswith("user."))
    wanted = ["user.binary", "user.text"]
    evidence.expect(listed == wanted, "the other host lists both", expected=wanted, seen=listed)
    same = other.do(_COMPARE)
    evidence.expect(same == ["value", True], "the other host reads both", expected=["value", True], seen=same)
    stored, there = files.shell(_ON_SERVER).strip(), str({"user.binary": bytes(range(256)), "user.text": b"value"})
    evidence.expect(stored == there, "both are on the server", expected=there, seen=stored)

    with evidence.step("remove one on the other host"):
        other.do("os.removexattr('file', 'user.binary')")
    stored = files.shell(_ON_SERVER).strip()
    left = str({"user.text": b"value"})
    evidence.expect(stored == left, "the other one is left on the server", expected=left, seen=stored)
    error = other.attempt("os.getxattr('file', 'user.binary')").error
    evidence.expect(error == "ENODATA", "the removed one is gone", expected="ENODATA", seen=error)
