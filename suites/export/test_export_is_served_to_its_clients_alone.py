"""NFSK8S-EXPORT-003"""

import ipaddress

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.connections import OwnAddresses
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

FOREIGN = "198.51.100.0/24"  # RFC 5737: for documentation, nobody has an address of it
# Over NFSv4 a client outside does not even see the path, unless it is on the way to another export of its own.
_REFUSALS = ("access denied by server while mounting", "reason given by server: No such file or directory")


@requirement(
    "NFSK8S-EXPORT-003",
    level=MUST,
    cites=["exports(5)", "mount.nfs(8)"],
    since="0.2",
    asks=["export_options", "shell", "addresses"],
)
def test_export_is_served_to_its_clients_alone(
    export: Exporter,
    client: NfsClient,
    other_client: NfsClient,
    nfs_server: NfsServer,
    *,
    own_addresses: OwnAddresses,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """An export is served to the client address that its line names, and a client outside is refused with an error.

    Observed on two hosts with different addresses: who can mount an export for one address, one for their subnet, one
    for a foreign subnet and one for `*`; who can reads a file, who cannot gets mount's message. Observed on the
    server: the rules in effect, and the file that was served.
    """
    own_addresses(client, other_client)
    inside, outside = client.address(), other_client.address()
    subnet = str(ipaddress.ip_interface(f"{inside}/16").network)
    rules = {inside: {inside}, subnet: {inside, outside}, FOREIGN: set[str](), "*": {inside, outside}}
    evidence.attach("addresses.txt", f"client {inside}\nother client {outside}\n")
    for rule, served in rules.items():
        shared = export("rw,sync,no_subtree_check", clients=rule)
        nfs_server.files(shared).write("file", f"for {rule}\n".encode())
        for address, host in ((inside, client), (outside, other_client)):
            wanted = "is served" if address in served else "is refused"
            with evidence.step(f"mount an export for {rule} from {address}, which {wanted}"):
                result, where = host.try_mount(
                    nfs_server.endpoint, shared.path, f"vers={nfs_version},retry=0,proto=tcp"
                )
            if address not in served:
                clear = not result.ok and any(words in result.stderr for words in _REFUSALS)
                evidence.expect(
                    clear,
                    f"{rule} refuses {address} clearly",
                    expected=_REFUSALS,
                    seen="it is mounted" if result.ok else result,
                )
                continue
            evidence.expect(result.ok, f"{rule} serves {address}", expected="a mount", seen=result)
            content = host.run(["cat", f"{where}/file"])
            evidence.expect(
                content.stdout == f"for {rule}\n", f"{address} reads the file", expected=f"for {rule}", seen=content
            )
    evidence.attach("effective-exports.txt", nfs_server.effective_exports())
