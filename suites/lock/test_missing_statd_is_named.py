"""NFSK8S-LOCK-005"""

from collections.abc import Iterator

import pytest

from certify.declare import MUST, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually

# mount.nfs starts statd by this script when it does not run.
_STOP = "mv /usr/sbin/start-statd /usr/sbin/start-statd.aside && pkill -x rpc.statd"
_START = "mv /usr/sbin/start-statd.aside /usr/sbin/start-statd; pgrep -x rpc.statd || rpc.statd --no-notify"
MESSAGE = "rpc.statd is not running but is required for remote locking"


@pytest.fixture
def without_statd(client: NfsClient) -> Iterator[NfsClient]:
    """The client host while its rpc.statd neither runs nor is started."""
    client.require_own_machine("stop its rpc.statd")
    try:
        client.sh(_STOP).must("stop rpc.statd on the client")
        eventually(
            lambda: not client.run(["pgrep", "-x", "rpc.statd"]).ok,
            what="rpc.statd on the client to end",
            within=PATIENCE.command,
        )
        yield client
    finally:
        client.sh(_START).must("start rpc.statd on the client again")


@requirement(
    "NFSK8S-LOCK-005",
    level=MUST,
    cites=["nfs(5)", "rpc.statd(8)", "flatcar/Flatcar#161", "MariaDB/mariadb-docker#153"],
    since="0.2",
    asks=["no_root_squash", "own-clients"],
    versions=["3"],
)
def test_missing_statd_is_named(
    export: Exporter, without_statd: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """Without rpc.statd an NFSv3 mount that wants locks fails with a clear cause and does not hang.

    Observed on the client: mount ends before its deadline with an error that names rpc.statd, which is diagnosed, and
    with `nolock` the same mount works. Observed on the server: what was written through that one.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    with evidence.step("mount without rpc.statd"):
        refused, _ = without_statd.try_mount(nfs_server.endpoint, shared.path, f"vers={nfs_version}")
    evidence.attach("mount.txt", str(refused))
    evidence.expect(not refused.timed_out, "the mount does not hang", expected="an error in time", seen=refused)
    named = not refused.ok and MESSAGE in refused.stderr
    evidence.expect(named, "the error names rpc.statd", expected=MESSAGE, seen=refused)
    found = diagnose([refused.stderr], known_diagnoses().values())
    evidence.expect(
        found[:1] == ("lock-daemon-missing",), "it is diagnosed", expected="lock-daemon-missing", seen=found
    )

    with evidence.step("mount with nolock"):
        mounted = without_statd.mount(nfs_server.endpoint, shared.path, version=nfs_version, options="nolock")
        without_statd.sh('echo local > "$1/file"', mounted.path).must("write a file")
    stored = nfs_server.files(shared).read("file")
    evidence.expect(stored == b"local\n", "without locks it is served", expected=b"local\n", seen=stored)
