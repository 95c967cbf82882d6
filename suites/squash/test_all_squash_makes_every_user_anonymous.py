"""NFSK8S-SQUASH-004"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

USERS = ("0:0", "1000:1000", "4242:2424,3434")


@requirement(
    "NFSK8S-SQUASH-004",
    level=MUST,
    cites=["exports(5)"],
    since="0.2",
    asks=["all_squash"],
)
def test_all_squash_makes_every_user_anonymous(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """An export with the option `all_squash` makes every client user anonymous, whatever its uid.

    Observed on the client: root and two ordinary users can make files, and the owner of a private file cannot read it.
    Observed on the server: all_squash in effect, and every file belongs to the anonymous user, 65534:65534 unless the
    export says another.
    """
    shared = export("rw,sync,no_subtree_check,all_squash")
    files = nfs_server.files(shared)
    files.write("private", b"mine\n", uid=1000, gid=1000, mode=0o600)
    effective = nfs_server.effective_options(shared)
    evidence.attach("effective-options.txt", ",".join(sorted(effective)))
    evidence.expect("all_squash" in effective, "all_squash is in effect", expected="all_squash", seen=sorted(effective))
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)

    with evidence.step("make a file as root and as two ordinary users"):
        for user in USERS:
            made = client.as_user(user, 'touch "$1/by-$(id -u)"', mounted.path)
            evidence.expect(made.ok, f"user {user} can make a file", expected="exit code 0", seen=made)
    owners = {entry.path: entry.owner for entry in files.tree() if entry.path != "private"}
    nobody = nfs_server.anonymous(shared)
    wanted = {f"by-{user.partition(':')[0]}": nobody for user in USERS}
    evidence.expect(owners == wanted, "every file is nobody's on the server", expected=wanted, seen=owners)

    read = client.as_user("1000:1000", 'cat "$1/private"', mounted.path)
    evidence.expect(
        not read.ok and "Permission denied" in read.stderr,
        "a user has lost the rights of its own uid",
        expected="Permission denied",
        seen=read,
    )
