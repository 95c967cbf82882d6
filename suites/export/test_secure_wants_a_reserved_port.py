"""NFSK8S-EXPORT-005"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

# What servers answer to a port that is not reserved, by mount's message: the export may be hidden from its client.
_REFUSALS = ("Operation not permitted", "access denied by server", "reason given by server: No such file or directory")


@requirement(
    "NFSK8S-EXPORT-005",
    level=MUST,
    cites=["exports(5)", "nfs(5)"],
    since="0.2",
    asks=["insecure", "own-clients"],
)
def test_secure_wants_a_reserved_port(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """An export with the option `secure` refuses requests from a client port above 1023, and one with `insecure`
    takes them.

    Observed on the client: mounts with `resvport` and `noresvport` of both exports; three work and write, one is
    refused. Observed on the server: the files of the three, none of the fourth, and the option in effect.
    """
    client.require_own_machine("mount from a port of another kind")  # mounts of one kernel share connections
    for option, taken in (("secure", {"resvport"}), ("insecure", {"resvport", "noresvport"})):
        shared = export(f"rw,sync,no_subtree_check,{option}")
        effective = nfs_server.effective_options(shared)
        evidence.expect(option in effective, f"{option} is in effect", expected=option, seen=sorted(effective))
        for port in ("resvport", "noresvport"):
            with evidence.step(f"mount the {option} export with {port}, write"):
                wanted = f"vers={nfs_version},{port},retry=0"
                result, where = client.try_mount(nfs_server.endpoint, shared.path, wanted)
                # Mounting may be up to mountd, which sees another port than nfsd: writing is what counts.
                written = client.sh('touch "$1/$2"', where, port) if result.ok else result
                evidence.attach(f"connections-{option}-{port}.txt", client.sh("ss -Htn dport = :2049").stdout)
            # A later mount would share this one's connection, and with it its port.
            client.release()
            if port in taken:
                evidence.expect(written.ok, f"{option} takes {port}", expected="exit code 0", seen=written)
            else:
                refused = not written.ok and any(words in written.stderr for words in _REFUSALS)
                evidence.expect(refused, f"{option} refuses {port}", expected=_REFUSALS, seen=written)
        names = {entry.path for entry in nfs_server.files(shared).tree()}
        evidence.expect(
            names == taken, f"the {option} export holds what was accepted", expected=sorted(taken), seen=sorted(names)
        )
