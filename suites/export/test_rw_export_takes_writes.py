"""NFSK8S-EXPORT-001"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

_MEBIBYTE = 1024 * 1024
# Read past the client's cache: what comes back was on the server.
_WRITE_AND_READ = """
cd "$1" && mkdir folder && head -c 1048576 /dev/urandom > folder/data && printf tail >> folder/data &&
dd if=folder/data iflag=direct bs=64k status=none | sha256sum | cut -d' ' -f1 &&
mv folder/data folder/renamed && echo gone > doomed && rm doomed
"""


@requirement(
    "NFSK8S-EXPORT-001",
    level=MUST,
    cites=["exports(5)"],
    since="0.1",
)
def test_rw_export_takes_writes(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """An export with the option `rw` takes what clients write, rename and remove.

    Observed on the client: 1 MiB of random data written, appended to, and read back past the cache. Observed on the
    server: `rw` among the effective options, the same SHA-256 and size under the new name, the removed file gone.
    """
    shared = export("rw,sync,no_subtree_check")
    effective = nfs_server.effective_options(shared)
    evidence.attach("effective-options.txt", ",".join(sorted(effective)))
    evidence.expect("rw" in effective, "the effective options hold rw", expected="rw", seen=sorted(effective))

    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    with evidence.step("make a directory, write, append, read back, rename, remove"):
        result = client.sh(_WRITE_AND_READ, mounted.path)
    evidence.expect(result.ok, "every write is accepted", expected="exit code 0", seen=result)

    files = nfs_server.files(shared)
    digest = files.sha256("folder/renamed")
    evidence.expect(
        digest == result.stdout.strip(), "client and server read the same data", expected=result.stdout, seen=digest
    )
    size = files.stat("folder/renamed").size
    evidence.expect(size == _MEBIBYTE + 4, "the appended bytes are there", expected=_MEBIBYTE + 4, seen=size)
    names = [entry.path for entry in files.tree()]
    wanted = ["folder", "folder/renamed"]
    evidence.expect(names == wanted, "the server holds what was left, and only that", expected=wanted, seen=names)
