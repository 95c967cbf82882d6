"""NFSK8S-EXPORT-004"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

DEFAULTS = {"ro", "root_squash", "no_all_squash", "sync", "secure", "no_subtree_check"}


@requirement(
    "NFSK8S-EXPORT-004",
    level=MUST,
    cites=["exports(5)", "exportfs(8)"],
    since="0.2",
    asks=["export_options"],
)
def test_defaults_of_an_export_line(
    export: Exporter,
    client: NfsClient,
    nfs_server: NfsServer,
    declared_features: frozenset[str],
    *,
    nfs_version: str,
    evidence: Evidence,
) -> None:
    """An export line without options means `ro`, `root_squash`, `no_all_squash`, `sync`, `secure`, `no_subtree_check`
    and, where the server can gather writes, `wdelay`, and the server's listing says so.

    Observed on the client: writing is EROFS, root may not read what is root's alone, an ordinary user may read what is
    its own. Observed on the server: all of them in its listing of effective options, the directory unchanged.
    """
    defaults = DEFAULTS | ({"wdelay"} if "write-gathering" in declared_features else set())
    shared = export("", exactly=True)
    files = nfs_server.files(shared)
    files.write("open", b"open\n", mode=0o666)
    files.write("roots", b"roots\n", mode=0o600)
    files.write("users", b"users\n", uid=1234, gid=1234, mode=0o600)
    effective = nfs_server.effective_options(shared)
    evidence.attach("effective-options.txt", ",".join(sorted(effective)))
    evidence.attach("effective-exports.txt", nfs_server.effective_exports())
    evidence.expect(
        defaults <= effective, "the server lists the defaults", expected=sorted(defaults), seen=sorted(effective)
    )

    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version, options="rw")
    root = client.session(mounted.path)
    made = root.attempt("os.open('new', os.O_CREAT | os.O_WRONLY)").error
    evidence.expect(made == "EROFS", "a new file is refused (ro)", expected="EROFS", seen=made)
    removed = root.attempt("os.unlink('open')").error
    evidence.expect(removed == "EROFS", "removing a file is refused (ro)", expected="EROFS", seen=removed)
    read = root.attempt("open('roots').read()").error
    evidence.expect(read == "EACCES", "root is nobody (root_squash)", expected="EACCES", seen=read)
    own = client.as_user("1234:1234", 'cat "$1/users"', mounted.path)
    evidence.expect(
        own.stdout == "users\n", "an ordinary user keeps its uid (no_all_squash)", expected="users", seen=own
    )

    names = [entry.path for entry in files.tree()]
    wanted = ["open", "roots", "users"]
    evidence.expect(names == wanted, "nothing has changed on the server", expected=wanted, seen=names)
