"""NFSK8S-SQUASH-009"""

import pytest

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import Account, GroupResolver, NfsServer

UID, GID, GROUPS = 4567, 4567, tuple(range(5001, 5021))
USER = f"{UID}:{GID},{','.join(str(group) for group in GROUPS)}"
_USE = 'touch "$1/$2/own"'


@pytest.mark.exclusive_server
@requirement(
    "NFSK8S-SQUASH-009",
    level=SHOULD,
    features=["server-side-groups"],
    cites=["rpc.mountd(8)", "RFC 5531"],
    since="0.2",
    asks=["own-server"],
    each_version=False,
)
def test_users_in_many_groups_have_the_rights_of_all(
    *,
    export: Exporter,
    client: NfsClient,
    group_resolver: GroupResolver,
    nfs_server: NfsServer,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """A server that looks up groups itself gives a user in more than 16 groups the rights of all of them, although
    AUTH_SYS carries only 16.

    Observed on the client: a user in 20 groups is refused where only the last of them may write as long as the server
    believes the client, and may write there when the server knows the user itself. Observed on the server: the file,
    and that nothing else was made.
    """
    shared = export("rw,sync,no_subtree_check")
    files = nfs_server.files(shared)
    # One directory a try: a client remembers for a while that it was refused.
    for folder in ("before", "after"):
        files.mkdir(folder, gid=GROUPS[-1], mode=0o770)
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    with evidence.step("write while the server believes the client"):
        refused = client.as_user(USER, _USE, mounted.path, "before")
    evidence.expect(
        not refused.ok and "Permission denied" in refused.stderr,
        "the last of 20 groups is not heard of",
        expected="Permission denied",
        seen=refused,
    )

    with evidence.step("have the server look up groups"):
        group_resolver.look_up_groups(shared, Account(UID, GID, GROUPS))
    with evidence.step("write by the right of the last of 20 groups"):
        made = client.as_user(USER, _USE, mounted.path, "after")
    evidence.expect(made.ok, "the last of 20 groups counts", expected="exit code 0", seen=made)
    owners = {entry.path: entry.owner for entry in files.tree()}
    wanted = {"after": f"0:{GROUPS[-1]}", "after/own": f"{UID}:{GID}", "before": f"0:{GROUPS[-1]}"}
    evidence.expect(owners == wanted, "the file is the user's on the server", expected=wanted, seen=owners)
