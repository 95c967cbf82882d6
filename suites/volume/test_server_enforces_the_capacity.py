"""NFSK8S-VOLUME-014"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.scenario.pods import Prober
from fixtures.servers.server import Limit, NfsServer

MIB = 1024 * 1024
_FILL = f"""
python3 -c '
import errno, os, sys
file = os.open("/data/file", os.O_WRONLY | os.O_CREAT)
try:
    for number in range(int(sys.argv[1])):
        os.write(file, os.urandom({MIB}))
        os.fsync(file)
    print("no error")
except OSError as error:
    print(errno.errorcode[error.errno])
' """


@requirement(
    "NFSK8S-VOLUME-014",
    level=MUST,
    features=["quota"],
    cites=[
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#capacity",
        "kubernetes/kubernetes#124159",
        "kubernetes-csi/csi-driver-nfs#427",
    ],
    since="0.2",
    asks=["no_root_squash", "limit"],
)
def test_server_enforces_the_capacity(
    *,
    export: Exporter,
    nfs_server: NfsServer,
    namespace: Namespace,
    probe: Prober,
    evidence: Evidence,
) -> None:
    """A server with quotas enforces the capacity of a volume, which Kubernetes on its own does not.

    Observed in the pods: of two volumes of 16Mi the one on an export without a limit takes 24 MiB, which is recorded;
    the one on a limited export ends in ENOSPC or EDQUOT. Observed on the server: that export holds less than its limit.
    """
    options = "rw,sync,no_subtree_check,no_root_squash"
    free, limited = export(options), export(options, limit=Limit(16))
    size = limited.limit.mebibytes
    wanted = size + 8
    seen = {}
    for name, shared in (("free", free), ("limited", limited)):
        capacity = {"spec": {"capacity": {"storage": f"{size}Mi"}}}
        volume = namespace.available_volume(shared.path, name, capacity)
        namespace.create_claim(name, {"spec": {"resources": {"requests": {"storage": f"{size}Mi"}}}})
        namespace.wait_bound(volume, name)
        with evidence.step(f"write {wanted} MiB into the {name} volume"):
            seen[name] = probe(f"{_FILL}{wanted}", name=name, claim=name).log.strip()
    stored = nfs_server.files(free).stat("file").size // MIB
    evidence.attach("without-a-limit.txt", f"{seen['free']}: {stored} MiB are in a volume of {size} MiB")
    error = seen["limited"]
    evidence.expect(
        error in ("ENOSPC", "EDQUOT"), "the server's limit reaches the pod", expected="ENOSPC or EDQUOT", seen=error
    )
    blocks = int(nfs_server.files(limited).shell("du -sm . | cut -f1"))
    evidence.expect(blocks <= size, "the server holds no more than the capacity", expected=f"{size} MiB", seen=blocks)
