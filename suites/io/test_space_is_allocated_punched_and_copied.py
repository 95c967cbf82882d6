"""NFSK8S-IO-008"""

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

MEBIBYTE = 1024 * 1024
_COPY = f"""
source, target = os.open('data', os.O_RDONLY), os.open('copy', os.O_CREAT | os.O_WRONLY)
copied = 0
while copied < 4 * {MEBIBYTE}:
    copied += os.copy_file_range(source, target, 4 * {MEBIBYTE} - copied)
os.fsync(target)
"""
_COMPARE = f"""
now = open('data', 'rb').read()
before, hole, after = now[:{MEBIBYTE}], now[{MEBIBYTE}:{2 * MEBIBYTE}], now[{2 * MEBIBYTE}:]
before == data[:{MEBIBYTE}] and after == data[{2 * MEBIBYTE}:] and not hole.strip(bytes(1))
"""


@requirement(
    "NFSK8S-IO-008",
    level=SHOULD,
    cites=[
        "RFC 7862 section 15.1",
        "RFC 7862 section 15.2",
        "RFC 7862 section 15.4",
        "fallocate(2)",
        "copy_file_range(2)",
    ],
    since="0.2",
    asks=["no_root_squash"],
    features=["allocate-and-copy"],
    versions=["4.2"],
)
def test_space_is_allocated_punched_and_copied(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """Over NFS 4.2 fallocate, hole punching and copy_file_range do what they do on a local file system.

    Observed on the client: the exit codes of fallocate(1) and the copy's end. Observed on the server: the space that a
    file takes after allocating 4 MiB and after punching 1 MiB out of 4, zeros in the hole, the copy's SHA-256.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    with evidence.step("allocate 4 MiB"):
        done = client.sh('cd "$1" && fallocate -l 4MiB allocated', mounted.path)
    evidence.expect(done.ok, "fallocate allocates", expected="exit code 0", seen=done)
    size, taken = files.stat("allocated").size, int(files.shell("du -k allocated | cut -f1"))
    good = size == 4 * MEBIBYTE and taken >= 4096
    evidence.expect(good, "the space is taken on the server", expected="4 MiB", seen=f"{size} bytes, {taken} KiB taken")

    with evidence.step("write 4 MiB, copy them on the server's side, punch a hole"):
        session = client.session(mounted.path)
        digest = session.do(f"data = os.urandom(4 * {MEBIBYTE}); hashlib.sha256(data).hexdigest()")
        session.do("file = open('data', 'wb'); file.write(data); file.close()")
        session.do(_COPY)
        done = client.sh('cd "$1" && fallocate -p -o 1MiB -l 1MiB data && sync data', mounted.path)
    evidence.expect(done.ok, "fallocate punches a hole", expected="exit code 0", seen=done)
    copied = files.sha256("copy")
    evidence.expect(copied == digest, "the copy is whole on the server", expected=digest, seen=copied)
    size, taken = files.stat("data").size, int(files.shell("du -k data | cut -f1"))
    good = size == 4 * MEBIBYTE and taken <= 3 * 1024 + 64
    evidence.expect(good, "the hole takes no space", expected="3 of 4 MiB", seen=f"{size} bytes, {taken} KiB taken")
    zeros = "dd if=data bs=1M skip=1 count=1 status=none | tr -d '\\0' | wc -c"
    others = files.shell(zeros).strip()
    evidence.expect(others == "0", "the hole is zeros on the server", expected="0 other bytes", seen=others)
    whole = session.do(_COMPARE)
    evidence.expect(whole, "the client reads zeros in the hole and the rest around it", expected=True, seen=whole)
