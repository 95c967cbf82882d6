"""NFSK8S-EXPORT-006"""

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

_READ = "past_cache(file, 100).decode()"


@requirement(
    "NFSK8S-EXPORT-006",
    level=SHOULD,
    cites=["exports(5)"],
    since="0.2",
    asks=["export_options"],
    features=["subtree-check"],
)
def test_subtree_check_decides_about_moved_files(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """`no_subtree_check` keeps an open file usable when it is renamed into another directory, and `subtree_check` gives
    no access outside an exported subdirectory.

    Observed on two client hosts: one holds a file open while the other renames it into another directory, and reads
    and writes on; under subtree_check a file that leaves the exported directory on the server's side is ESTALE for who
    holds it open. Observed on the server: the content under the new name.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    holder, other = two_hosts(shared)
    holder.do("os.mkdir('a'); os.mkdir('b'); file = os.open('a/file', os.O_CREAT | os.O_RDWR)")
    holder.do("os.write(file, b'before '); os.fsync(file)")
    with evidence.step("rename the open file into another directory"):
        other.do("os.rename('a/file', 'b/renamed')")
        content = holder.do(f"os.write(file, b'after'); os.fsync(file); {_READ}")
    evidence.expect(content == "before after", "the holder goes on", expected="before after", seen=content)
    stored = nfs_server.files(shared).read("b/renamed")
    wanted = b"before after"
    evidence.expect(stored == wanted, "its data is under the new name", expected=wanted, seen=stored)

    checked = export("rw,sync,subtree_check,no_root_squash")
    effective = nfs_server.effective_options(checked)
    # The listing names it only while it is off.
    checks = "no_subtree_check" not in effective
    evidence.expect(checks, "it is in effect", expected="no no_subtree_check", seen=sorted(effective))
    holder, _ = two_hosts(checked)
    holder.do("file = os.open('file', os.O_CREAT | os.O_RDWR); os.write(file, b'inside'); os.fsync(file)")
    with evidence.step("move the open file out of the exported directory, on the server"):
        nfs_server.files(checked).shell(f"mv file ../{shared.name}/outside")
    seen = holder.attempt(_READ).error
    evidence.expect(seen in ("ESTALE", "EACCES"), "outside is out of reach", expected="ESTALE or EACCES", seen=seen)
