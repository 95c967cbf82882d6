"""NFSK8S-LOCK-004"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer


@requirement(
    "NFSK8S-LOCK-004",
    level=MUST,
    cites=["nfs(5)", "flatcar/Flatcar#161"],
    since="0.2",
    asks=["no_root_squash"],
    versions=["3"],
)
def test_nolock_mount_is_recognised(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """A mount with the option `nolock` is detected and reported, because its locks count on one node only.

    Two client hosts stand for the nodes. Observed on them: /proc/mounts names `nolock` and `local_lock=all`, and both
    hosts hold an exclusive lock on one file at the same time. Observed on the server: it knows of no lock. All of it
    becomes evidence.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    one, other = two_hosts(shared, "nolock")
    for host in (one, other):
        line = host.do("[line for line in open('/proc/mounts') if line.split()[1] == os.getcwd()][0]")
        options = set(line.split()[3].split(","))
        evidence.expect(
            {"nolock", "local_lock=all"} <= options,
            "the mount shows that its locks are local",
            expected="nolock, local_lock=all",
            seen=line,
        )
    one.do("file = open('lock', 'w+'); fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)")
    seen = other.attempt("file = open('lock', 'r+'); fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)").error
    evidence.attach("nolock.txt", f"the second host's exclusive lock on a file that the first has locked: {seen}\n")
    evidence.expect(seen == "no error", "both hosts hold the lock: it protects nothing", expected="no error", seen=seen)
    code = 'import fcntl; fcntl.lockf(open("lock", "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)'
    seen = nfs_server.files(shared).shell(f"python3 -c '{code}' && echo free").strip()
    evidence.expect(seen == "free", "the server knows of no lock", expected="free", seen=seen)
