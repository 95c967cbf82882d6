"""NFSK8S-IO-012"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import Limit, NfsServer

USER = 1234
# Write until an error comes, at write, fsync or close, and say at which.
_FILL = """
file = os.open('full-by-%d' % os.getuid(), os.O_CREAT | os.O_WRONLY)
at, error = 'write', None
try:
    for _ in range({mebibytes}):
        os.write(file, os.urandom(1024 * 1024))
    at = 'fsync'
    os.fsync(file)
    at = 'close'
    os.close(file)
    at = 'nowhere'
except OSError as raised:
    error = errno.errorcode[raised.errno]
[at, error]
"""
_READ = "hashlib.sha256(past_cache(os.open({name!r}, os.O_RDONLY), 200_000)).hexdigest()"


@requirement(
    "NFSK8S-IO-012",
    level=MUST,
    cites=["write(2)", "fsync(2)", "close(2)", "RFC 7530 section 13.1.4", "RFC 8881 section 15.1.4"],
    since="0.2",
    asks=["no_root_squash", "limit"],
)
def test_full_disk_and_quota_reach_the_writer(
    export: Exporter,
    client: NfsClient,
    nfs_server: NfsServer,
    *,
    nfs_version: str,
    declared_features: frozenset[str],
    evidence: Evidence,
) -> None:
    """A full file system reaches the writer as ENOSPC, and where quotas are declared an exhausted one as EDQUOT, at
    write, fsync or close, and earlier data stays intact.

    Observed on the client: the errno and the call it comes from, for a user with a quota of 8 MiB and for root on a
    file system of 48 MiB, or of what the operator gave; earlier files read as before. Observed on the server: their
    SHA-256, the space taken.
    """
    with_quota = "quota" in declared_features
    size = Limit(48, user=USER, user_mebibytes=8) if with_quota else Limit(48)
    shared = export("rw,sync,no_subtree_check,no_root_squash", limit=size)
    limit, user_id = shared.limit, shared.limit.user or USER
    files = nfs_server.files(shared)
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    evidence.attach("df-before.txt", files.shell("df -k ."))
    root = client.session(mounted.path)
    user = client.session(mounted.path, as_user=f"{user_id}:{user_id}")
    make = "data = os.urandom(100_000); file = open('early-%d' % os.getuid(), 'wb'); file.write(data); file.close()"
    digests = {
        f"early-{uid}": who.do(f"{make}; hashlib.sha256(data).hexdigest()") for uid, who in ((0, root), (user_id, user))
    }

    beyond_quota = [(user, "EDQUOT", limit.user_mebibytes + 8)] if with_quota else []
    too_much = [*beyond_quota, (root, "ENOSPC", limit.mebibytes + 16)]
    for who, wanted, mebibytes in too_much:
        with evidence.step(f"write {mebibytes} MiB until {wanted}"):
            at, error = who.do(_FILL.format(mebibytes=mebibytes))
        evidence.attach(f"{wanted}.txt", f"{error} at {at}\n")
        evidence.expect(error == wanted, f"the writer gets {wanted}", expected=wanted, seen=f"{error} at {at}")

    evidence.attach("df-after.txt", files.shell("df -k ."))
    on_server = {name: files.sha256(name) for name in digests}
    evidence.expect(on_server == digests, "earlier data is intact on the server", expected=digests, seen=on_server)
    read = {name: root.do(_READ.format(name=name)) for name in digests}
    evidence.expect(read == digests, "and on the client", expected=digests, seen=read)
    if with_quota:
        # Not its size: writes beyond the one that was refused leave holes before them.
        used, most = int(files.shell(f"du -k full-by-{user_id} | cut -f1")), limit.user_mebibytes * 1024
        evidence.expect(used <= most, "the quota is what stopped the user", expected=f"at most {most} KiB", seen=used)
