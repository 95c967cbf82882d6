"""NFSK8S-RECOVERY-012"""

import uuid

from certify.declare import SHOULD, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

_OPTIONS = "rw,sync,no_subtree_check,no_root_squash"


@requirement(
    "NFSK8S-RECOVERY-012",
    level=SHOULD,
    cites=["exports(5)", "kubernetes/kubernetes#71584", "kubernetes/kubernetes#75918", "nfs-ganesha/nfs-ganesha#1035"],
    since="0.2",
)
def test_recreated_backend_is_diagnosed(
    *, export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """When the backend is recreated with another fsid, the clients' ESTALE is diagnosed.

    An export goes with its directory and a new one comes under the same path, while a client has it mounted. Observed
    on the client: the old mount answers ESTALE, which has its diagnosis, and a fresh mount works, as the diagnosis
    says. Observed on the server: what is written through the fresh mount.
    """
    shared = export(_OPTIONS)
    server = nfs_server.endpoint
    old = client.mount(server, shared.path, version=nfs_version)
    client.sh('echo old > "$1/file" && sync "$1/file"', old.path).must("write through the first mount")
    with evidence.step("recreate the backend with another fsid"):
        nfs_server.remove(shared)
        recreated = nfs_server.export(shared.name, f"{_OPTIONS},fsid={uuid.uuid4()}")

    written = client.sh('echo lost > "$1/other"', old.path)
    evidence.attach("old-mount.txt", f"{written}\n")
    stale = "Stale file handle" in written.stderr
    evidence.expect(stale, "the old mount answers ESTALE", expected="Stale file handle", seen=written.stderr)
    found = diagnose([written.stderr], known_diagnoses().values())
    evidence.expect(found[:1] == ("stale-file-handle",), "it is diagnosed", expected="stale-file-handle", seen=found)

    fresh = client.mount(server, recreated.path, version=nfs_version)
    written = client.sh('echo new > "$1/file" && sync "$1/file"', fresh.path)
    evidence.expect(written.ok, "a fresh mount is written through", expected="exit code 0", seen=written)
    stored = {entry.path: nfs_server.files(recreated).read(entry.path) for entry in nfs_server.files(recreated).tree()}
    evidence.expect(stored == {"file": b"new\n"}, "the new backend", expected={"file": b"new\n"}, seen=stored)
