"""NFSK8S-EXPORT-002"""

import json

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

# Every way to change something, and the errno each attempt ends with.
_ATTEMPTS = """
import errno, json, os, sys
os.chdir(sys.argv[1])
attempts = {
    "create a file": lambda: os.open("new", os.O_CREAT | os.O_EXCL | os.O_WRONLY),
    "make a directory": lambda: os.mkdir("folder"),
    "make a symbolic link": lambda: os.symlink("kept", "link"),
    "rename": lambda: os.rename("kept", "renamed"),
    "remove": lambda: os.unlink("kept"),
    "truncate": lambda: os.truncate("kept", 0),
    "open to write": lambda: os.open("kept", os.O_WRONLY),
    "open to append": lambda: os.open("kept", os.O_WRONLY | os.O_APPEND),
    "change the mode": lambda: os.chmod("kept", 0o600),
    "change the times": lambda: os.utime("kept", (0, 0)),
}
seen = {}
for name, attempt in attempts.items():
    try:
        attempt()
        seen[name] = "no error"
    except OSError as error:
        seen[name] = errno.errorcode[error.errno]
print(json.dumps(seen))
"""

# Where the client asks with ACCESS before it tries, it is the client that refuses, with EACCES, because the server
# named no right to modify. For truncate(2) by path that is so in every version, for open(2) in NFSv3 alone: NFSv4
# sends OPEN.
_ASKED_BEFORE_IN_V3 = {"truncate", "open to write", "open to append"}
_ASKED_BEFORE_IN_V4 = {"truncate"}


@requirement(
    "NFSK8S-EXPORT-002",
    level=MUST,
    cites=["exports(5)", "RFC 1813 section 3.3.4", "RFC 7530 section 16.1", "RFC 7530 section 16.16"],
    since="0.1",
    asks=["ro"],
)
def test_ro_export_refuses_writes(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """An export with the option `ro` can be read, refuses every change with EROFS, and stays as it was.

    Observed on the client: the file's content and the errno of ten kinds of change, although the mount itself is
    read-write. A change that the client does not even try, because the server's answer to ACCESS grants no right to
    modify, may end with EACCES instead. Observed on the server: `ro` among the effective options, and the directory
    unchanged.
    """
    shared = export("ro,sync,no_subtree_check")
    files = nfs_server.files(shared)
    # Open to everybody on the server's side: what refuses is the export, not the permission bits.
    files.write("kept", b"read me\n", mode=0o666)
    before = files.shell("stat -c '%n %s %Y %a %u' . kept")
    effective = nfs_server.effective_options(shared)
    evidence.attach("effective-options.txt", ",".join(sorted(effective)))
    evidence.expect("ro" in effective, "the effective options hold ro", expected="ro", seen=sorted(effective))

    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version, options="rw")
    content = client.run(["cat", f"{mounted.path}/kept"])
    evidence.expect(content.stdout == "read me\n", "the export can be read", expected="read me", seen=content)

    with evidence.step("try every kind of change"):
        answer = client.run(["python3", "-c", _ATTEMPTS, mounted.path]).must("try to change the export")
    seen: dict[str, str] = json.loads(answer.stdout)
    asked = _ASKED_BEFORE_IN_V3 if nfs_version == "3" else _ASKED_BEFORE_IN_V4
    wanted = {name: {"EROFS", "EACCES"} if name in asked else {"EROFS"} for name in seen}
    wrong = {name: end for name, end in seen.items() if end not in wanted[name]}
    evidence.expect(
        not wrong,
        "every change is refused with EROFS, or EACCES where the client asked before",
        expected={name: sorted(ends) for name, ends in wanted.items()},
        seen=seen,
    )

    after = files.shell("stat -c '%n %s %Y %a %u' . kept")
    evidence.expect(after == before, "nothing has changed on the server", expected=before, seen=after)
    names = [entry.path for entry in files.tree()]
    evidence.expect(names == ["kept"], "nothing was added on the server", expected=["kept"], seen=names)
