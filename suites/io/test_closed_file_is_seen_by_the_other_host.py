"""NFSK8S-IO-001"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

ROUNDS = 10


@requirement(
    "NFSK8S-IO-001",
    level=MUST,
    cites=["nfs(5)", "RFC 7530 section 10.3.1", "RFC 8881 section 10.3.1"],
    since="0.2",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_closed_file_is_seen_by_the_other_host(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """What one node has written and closed, another node reads as soon as it opens the file.

    Two client hosts with addresses of their own stand for the nodes. Observed on them: ten times one writes and closes
    the same file, with content of the same length, and the other, which has read it before, opens it and reads the
    new content; then the other way round. Observed on the server: the last content.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    # Made before the mounts: see the scenario of IO-002.
    nfs_server.files(shared).write("file", b"round none")
    one, other = two_hosts(shared)
    for number in range(ROUNDS):
        writer, reader = (one, other) if number % 2 == 0 else (other, one)
        written = f"round {number:04}"
        with evidence.step(f"write and close on one host, open and read on the other: {written}"):
            writer.do(f"with open('file', 'w') as file: file.write({written!r})")
            seen = reader.do("open('file').read()")
        evidence.expect(seen == written, "an opened file shows what was closed before", expected=written, seen=seen)
        # Its own write is cached here, and must not hide the next one of the other host.
        writer.do("open('file').read()")
    stored = nfs_server.files(shared).read("file")
    evidence.expect(
        stored == written.encode(), "the last content is on the server", expected=written.encode(), seen=stored
    )
