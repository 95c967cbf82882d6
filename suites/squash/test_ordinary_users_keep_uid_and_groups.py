"""NFSK8S-SQUASH-006"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

MEMBER = "1234:2345,3456"  # uid, gid, a further group
STRANGER = "1234:2345"


@requirement(
    "NFSK8S-SQUASH-006",
    level=MUST,
    cites=["exports(5)", "RFC 5531", "nfs-ganesha/nfs-ganesha#514", "nfs-ganesha/nfs-ganesha#1403"],
    since="0.2",
)
def test_ordinary_users_keep_uid_and_groups(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """By default ordinary users keep their uids, their gids and their groups on the server.

    Observed on the client: uid 1234 writes into a directory that only a further group of it may write, gives a file
    to that group, and is refused without the group. Observed on the server: owner 1234:2345, then the group 3456.
    """
    shared = export("rw,sync,no_subtree_check")
    files = nfs_server.files(shared)
    files.mkdir("team", uid=0, gid=3456, mode=0o770)
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)

    with evidence.step("make files by the right of a further group"):
        made = client.as_user(MEMBER, 'cd "$1/team" && touch own given && chgrp 3456 given && ls -ln', mounted.path)
    evidence.attach("seen-by-the-client.txt", made.stdout)
    evidence.expect(made.ok, "a member of the group may write", expected="exit code 0", seen=made)
    owners = {entry.path: entry.owner for entry in files.tree()}
    wanted = {"team": "0:3456", "team/given": "1234:3456", "team/own": "1234:2345"}
    evidence.expect(owners == wanted, "uid, gid and group are the client's on the server", expected=wanted, seen=owners)

    with evidence.step("try the same without the further group"):
        refused = client.as_user(STRANGER, 'touch "$1/team/new"', mounted.path)
    evidence.expect(
        not refused.ok and "Permission denied" in refused.stderr,
        "who is not in the group may not write",
        expected="Permission denied",
        seen=refused,
    )
    found = sorted(entry.path for entry in files.tree())
    evidence.expect(found == sorted(wanted), "nothing else was made", expected=sorted(wanted), seen=found)
