"""NFSK8S-WORKLOAD-002"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised
from fixtures.workloads.mysql import MySql

MYSQL_USER = "999:999"


@requirement(
    "NFSK8S-WORKLOAD-002",
    level=MUST,
    cites=["exports(5)", "docker-library/mysql#153"],
    since="0.1",
    asks=["no_root_squash"],
)
def test_mysql_runs_without_root_squash(
    claimed: Claimer,
    nfs_server: NfsServer,
    mysql: MySql,
    evidence: Evidence,
) -> None:
    """The article's fix works: with no_root_squash MySQL takes its directory over, initialises it and serves.

    Observed in the cluster: the pod is Ready, the node's mount, MySQL's answer. Observed on the server: directory,
    system tablespace and system schema belong to MySQL's own user, uid 999.
    """
    given = claimed("rw,sync,no_subtree_check,no_root_squash")
    shared, volume = given.directory, given.volume
    with evidence.step("deploy MySQL, wait until it is Ready"), promised("MySQL becomes Ready on an empty NFS volume"):
        mysql.deploy()
        pod = mysql.wait_ready()
    evidence.attach("mysql.log", pod.logs())
    mysql.mount(volume)

    with evidence.step("ask MySQL"):
        ((version, datadir),) = mysql.query("SELECT VERSION(), @@datadir")
    evidence.attach("mysql-version.txt", str(version))
    evidence.expect(datadir == "/var/lib/mysql/", "its data is on the volume", expected="/var/lib/mysql/", seen=datadir)

    files = nfs_server.files(shared)
    evidence.attach("server-side.txt", "\n".join(map(str, files.tree(limit=300))))
    for path in ("", "ibdata1", "mysql"):
        owner = files.stat(path).owner
        what = f"{path or 'the directory'} belongs to MySQL's user on the server"
        evidence.expect(owner == MYSQL_USER, what, expected=MYSQL_USER, seen=owner)
    size = files.stat("ibdata1").size
    evidence.expect(size > 0, "the system tablespace has content", expected="more than 0 bytes", seen=size)
