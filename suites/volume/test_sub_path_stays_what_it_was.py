"""NFSK8S-VOLUME-023"""

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised

_SUB_PATHS = "nfs-probe-sub-paths.yml"
# $1 a mount of the export.
_REPLACE = 'cd "$1" && mv shops/first shops/replaced && mkdir shops/first && echo new > shops/first/name'


@requirement(
    "NFSK8S-VOLUME-023",
    level=SHOULD,
    cites=["https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath", "mount(8)", "RFC 8881 section 4.2.2"],
    since="0.3",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_sub_path_stays_what_it_was(
    *,
    export: Exporter,
    client: NfsClient,
    nfs_server: NfsServer,
    nfs_version: str,
    namespace: Namespace,
    probe: Prober,
    two_nodes: tuple[str, str],
    evidence: Evidence,
) -> None:
    """A pod goes on in the directory that its subPath named, when another is put in its place; a later pod gets that.

    A plain client renames and replaces the directory while the first pod has it. Observed in two pods, the later on
    another node, for the first one's may remember the old directory: what each finds in its own. Observed on the
    server: the file that each pod writes.
    """
    one, other = two_nodes
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    files.mkdir("pods")
    files.mkdir("shops/first")
    files.write("shops/first/name", b"old\n")
    namespace.bound_volume(shared.path)
    first = probe("cat /shop/name", manifest=_SUB_PATHS, name="first", node=one)
    evidence.expect(first.log == "old\n", "the first pod has the directory", expected="old", seen=first.log)

    with evidence.step("replace the directory"):
        mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
        client.sh(_REPLACE, mounted.path).must("replace the directory")
        with promised("a later pod starts with the new directory"):
            second = probe(
                "cat /shop/name; echo second > /shop/written", manifest=_SUB_PATHS, name="second", node=other
            )
    evidence.expect(second.log == "new\n", "a later pod has the new one", expected="new", seen=second.log)
    read = first.pod.sh("cat /shop/name && echo first > /shop/written")
    kept = read.ok and read.stdout == "old\n"
    evidence.expect(kept, "the first pod keeps its own", expected="old", seen=read)
    stored = {path: files.read(f"shops/{path}/written") for path in ("first", "replaced")}
    wanted = {"first": b"second\n", "replaced": b"first\n"}
    evidence.expect(stored == wanted, "each wrote into its own", expected=wanted, seen=stored)
