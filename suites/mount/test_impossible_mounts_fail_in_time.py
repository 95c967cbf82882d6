"""NFSK8S-MOUNT-004"""

from typing import NamedTuple

import pytest

from certify.declare import MUST, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer, Restartable

NOBODY = "192.0.2.1"  # RFC 5737: for documentation, no host has it


class Attempt(NamedTuple):
    """A mount that cannot succeed; `diagnoses` are those of which one must come first."""

    what: str
    host: str
    path: str
    options: str
    diagnoses: set[str]


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-MOUNT-004",
    level=MUST,
    cites=["mount.nfs(8)", "nfs(5)", "kubernetes-csi/csi-driver-nfs#251"],
    since="0.2",
    asks=["versions", "own-clients"],
)
def test_impossible_mounts_fail_in_time(
    export: Exporter,
    client: NfsClient,
    restartable: Restartable,
    nfs_server: NfsServer,
    *,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """A wrong export, a wrong host and a refused version each end in an error within the mount's deadline, and each is
    diagnosed.

    Observed on the client: mount's exit code, message and diagnosis for a path that is not exported, an
    address that nobody has, and a version that the server does not offer: the one in use, switched off for
    a while, or one that the product does not declare. Observed on the server: the directory that could not be
    mounted is untouched, and mounts again when the version is back.
    """
    shared = export("rw,sync,no_subtree_check")
    server, version = nfs_server.endpoint, _options(nfs_version)
    # Otherwise it would be up to the network around the client how soon it hears that nobody is there.
    client.require_own_machine("make an address unreachable")
    client.run(["ip", "route", "replace", "unreachable", NOBODY]).must("make an address unreachable")
    for attempt in (
        Attempt(
            "a wrong export", server, f"{shared.path}-wrong", version, {"client-not-allowed", "export-path-missing"}
        ),
        Attempt("a wrong host", NOBODY, shared.path, version, {"server-not-reachable"}),
    ):
        _expect_refused(evidence, client, attempt)
    with restartable.refusing(nfs_version) as refused:
        what = f"version {refused}, which is off,"
        diagnoses = {"version-not-supported"}
        _expect_refused(evidence, client, Attempt(what, server, shared.path, _options(refused), diagnoses))
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    left = [entry.path for entry in nfs_server.files(shared).tree()]
    evidence.expect(left == [], f"{mounted.source} is untouched on the server", expected=[], seen=left)


def _options(version: str) -> str:
    return f"vers={version},proto=tcp,retry=0"


def _expect_refused(evidence: Evidence, client: NfsClient, attempt: Attempt) -> None:
    with evidence.step(f"mount {attempt.host}:{attempt.path}, {attempt.what}"):
        result, where = client.try_mount(attempt.host, attempt.path, attempt.options)
    evidence.attach("mount.txt", str(result))
    failed = not result.ok and not result.timed_out and bool(result.stderr)
    evidence.expect(failed, f"{attempt.what} ends in an error in time", expected="an error message", seen=result)
    found = diagnose([result.stderr], known_diagnoses().values())
    known = bool(attempt.diagnoses & set(found[:1]))
    evidence.expect(known, f"{attempt.what} is diagnosed", expected=attempt.diagnoses, seen=[found, str(result)])
    table = client.mount_table()
    evidence.expect(where not in table, f"{attempt.what} leaves no mount", expected=f"no {where}", seen=table)
