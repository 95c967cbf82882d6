"""NFSK8S-MOUNT-002"""

import hashlib

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer


@requirement(
    "NFSK8S-MOUNT-002",
    level=MUST,
    cites=["nfs(5)", "RFC 1813", "RFC 7530"],
    since="0.1",
)
def test_uploaded_file_is_on_the_server(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """What a client writes into the mounted directory and closes is byte for byte on the server's disk.

    Observed: the output of `ip addr > test.txt` read back on the client, the same file and its SHA-256 on the
    server, and nothing else beside it.
    """
    shared = export("rw,sync,no_subtree_check")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)

    with evidence.step("ip addr > test.txt, as the article does"):
        result = client.sh('ip addr > "$1/test.txt" && cat "$1/test.txt"', mounted.path)
    evidence.expect(result.ok, "a file can be written and read back", expected="exit code 0", seen=result)
    evidence.expect(b"inet " in result.out, "it holds the client's addresses", expected="inet ...", seen=result.out)

    files = nfs_server.files(shared)
    stored = files.read("test.txt")
    evidence.attach("test.txt", stored.decode(errors="replace"))
    evidence.expect(stored == result.out, "the server's file is the client's", expected=result.out, seen=stored)
    digest = hashlib.sha256(result.out).hexdigest()
    on_server = files.sha256("test.txt")
    evidence.expect(on_server == digest, "the server's SHA-256 is the client's", expected=digest, seen=on_server)
    names = [entry.path for entry in files.tree()]
    evidence.expect(names == ["test.txt"], "nothing else is on the server", expected=["test.txt"], seen=names)
