"""NFSK8S-SQUASH-005"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

NAMED = "4321:5432"


@requirement(
    "NFSK8S-SQUASH-005",
    level=MUST,
    cites=["exports(5)"],
    since="0.2",
    asks=["export_options"],
)
def test_anonymous_user_is_named(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """The options `anonuid` and `anongid` name the user and the group that squashed users become.

    Observed on the client: root and an ordinary user make a file each on two exports, one that squashes root and one
    that squashes everybody. Observed on the server: whoever is squashed owns files as 4321:5432, and only those.
    """
    names = "anonuid=4321,anongid=5432"
    for squash, ordinary in (("root_squash", "1000:1000"), ("all_squash", NAMED)):
        shared = export(f"rw,sync,no_subtree_check,{squash},{names}")
        effective = nfs_server.effective_options(shared)
        evidence.attach(f"effective-options-{squash}.txt", ",".join(sorted(effective)))
        mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
        with evidence.step(f"make a file as root and as uid 1000 under {squash}"):
            for user, name in (("0:0", "root"), ("1000:1000", "ordinary")):
                made = client.as_user(user, 'touch "$1/$2"', mounted.path, name)
                evidence.expect(made.ok, f"{name} can make a file", expected="exit code 0", seen=made)
        owners = {entry.path: entry.owner for entry in nfs_server.files(shared).tree()}
        wanted = {"ordinary": ordinary, "root": NAMED}
        evidence.expect(owners == wanted, f"whom {squash} squashes is the named user", expected=wanted, seen=owners)
