"""NFSK8S-VOLUME-022"""

from certify.declare import INFORMATIVE, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import NfsServer

FIRST = ("hard", "timeo=450", "retrans=3")
SECOND = ("hard", "timeo=300", "retrans=4")


@requirement(
    "NFSK8S-VOLUME-022",
    level=INFORMATIVE,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#mount-options", "nfs(5)"],
    since="0.3",
)
def test_volumes_of_one_export_have_own_mount_options(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    probe: Prober,
    two_nodes: tuple[str, str],
    evidence: Evidence,
) -> None:
    """Of two volumes of one export with different `mountOptions`, used on one node, it is recorded which are in effect.

    The mounts share what the client knows of the export where it finds their options alike (nfs(5), sharecache), and
    one that comes second may have options of the first. Observed on the node: /proc/mounts for both. Observed on the
    server: what a pod wrote through each.
    """
    shared = export("rw,sync,no_subtree_check")
    _, node = two_nodes
    for name, options in (("first", FIRST), ("second", SECOND)):
        wanted = [*options, f"nfsvers={namespace.nfs_version}"]
        volume = namespace.available_volume(shared.path, name, {"spec": {"mountOptions": wanted}})
        namespace.create_claim(name)
        namespace.wait_bound(volume, name)
        with evidence.step(f"use the {name} volume on {node}"):
            used = probe(f"echo {name} > /data/{name}", name=name, claim=name, node=node)
        effective = used.mount.split()[3].split(",")
        ignored = [option for option in options if option not in effective]
        evidence.extend("in-effect.txt", f"{name}: not in effect: {', '.join(ignored) or 'none'}\n{used.mount}\n")
    files = nfs_server.files(shared)
    stored = {entry.path: files.read(entry.path) for entry in files.tree()}
    both = {"first": b"first\n", "second": b"second\n"}
    evidence.expect(stored == both, "both pods' files are on the server", expected=both, seen=stored)
