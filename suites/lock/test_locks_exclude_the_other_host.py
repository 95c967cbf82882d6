"""NFSK8S-LOCK-001"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.session import NO_ERROR
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

_EXCLUSIVE = "lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"
_SHARED = "lock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)"
_RELEASE = "lock(file, fcntl.LOCK_UN)"
# The server keeps both kinds as byte ranges: that is what its own processes must not get.
_TRY_ON_SERVER = """python3 -c '
import errno, fcntl
try:
    fcntl.lockf(open("FILE", "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("no error")
except OSError as error:
    print(errno.errorcode[error.errno])
'"""


@requirement(
    "NFSK8S-LOCK-001",
    level=MUST,
    cites=[
        "flock(2)",
        "fcntl(2)",
        "RFC 1813 section 6",
        "RFC 7530 section 9",
        "RFC 8881 section 9",
        "red-hat-storage/cephci#5832",
    ],
    since="0.2",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_locks_exclude_the_other_host(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """A lock that one node holds, taken with flock or with fcntl, excludes the other node.

    Two client hosts stand for the nodes. Observed on them: while one holds an exclusive lock the other gets EAGAIN,
    shared locks and other ranges go together, and after the release the other gets its lock; with flock(2) and with
    fcntl(2). Observed on the server: the lock excludes the server's own processes too.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    files = nfs_server.files(shared)
    one, other = two_hosts(shared)
    for call in ("flock", "lockf"):
        one.do(f"lock = fcntl.{call}; file = open('lock-{call}', 'w+')")
        other.do(f"lock = fcntl.{call}; file = open('lock-{call}', 'r+')")
        with evidence.step(f"exclude with {call}"):
            one.do(_EXCLUSIVE)
            seen = other.attempt(_EXCLUSIVE).error
        evidence.expect(seen == "EAGAIN", f"{call} excludes the other host", expected="EAGAIN", seen=seen)
        seen = files.shell(_TRY_ON_SERVER.replace("FILE", f"lock-{call}")).strip()
        evidence.expect(seen == "EAGAIN", f"the server knows the lock of {call}", expected="EAGAIN", seen=seen)
        with evidence.step(f"release with {call}, lock on the other host"):
            one.do(_RELEASE)
            other.do(_EXCLUSIVE)
        seen = one.attempt(_EXCLUSIVE).error
        evidence.expect(seen == "EAGAIN", f"{call} excludes the first host then", expected="EAGAIN", seen=seen)
        other.do(_RELEASE)
        with evidence.step(f"share with {call}"):
            one.do(_SHARED)
            seen = other.attempt(_SHARED).error
        evidence.expect(seen == NO_ERROR, f"{call} lets both share", expected=NO_ERROR, seen=seen)
        other.do(_RELEASE)
        seen = other.attempt(_EXCLUSIVE).error
        evidence.expect(seen == "EAGAIN", f"a shared {call} excludes an exclusive one", expected="EAGAIN", seen=seen)
        one.do(_RELEASE)

    with evidence.step("lock different ranges, then the same one"):
        one.do("fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 100, 0)")
        other.do("fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 100, 100)")
        seen = other.attempt("fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 99)").error
    evidence.expect(seen == "EAGAIN", "a range excludes itself alone", expected="EAGAIN", seen=seen)
