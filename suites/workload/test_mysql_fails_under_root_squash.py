"""NFSK8S-WORKLOAD-001"""

import re

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, eventually, promised
from fixtures.workloads.mysql import MySql

REFUSED = re.compile(r"^chown: changing ownership of '/var/lib/mysql[^']*': Operation not permitted$", re.MULTILINE)


@requirement(
    "NFSK8S-WORKLOAD-001",
    level=MUST,
    cites=["exports(5)", "docker-library/mysql#153", "docker-library/mysql#438"],
    since="0.1",
    asks=["root_squash"],
)
def test_mysql_fails_under_root_squash(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, mysql: MySql, evidence: Evidence
) -> None:
    """The MySQL image on a root_squash export does not start, and says exactly why: it may not chown its directory.

    Observed in the cluster: the container's exit code and the log line of chown. Observed on the server: root_squash
    in effect, the directory still root's, no database in it.
    """
    shared = export("rw,sync,no_subtree_check,root_squash")
    namespace.bound_volume(shared.path)
    with evidence.step("deploy MySQL"):
        mysql.deploy()
        pod = mysql.pod()
    with evidence.step("wait for its end"), promised("MySQL's container ends when it may not chown"):
        code = eventually(
            pod.exit_code,
            until=lambda code: code is not None,
            what=f"the container of {pod.name} to end",
            within=PATIENCE.pod,
        )
    evidence.expect(code != 0, "the container ends with an error", expected="an exit code other than 0", seen=code)
    with promised("chown is what is not permitted"):
        # The container is started again and again: its log may be of a run that has not come that far.
        log = eventually(
            pod.logs,
            until=lambda text: bool(REFUSED.search(text)),
            what=f"the line {REFUSED.pattern}",
            within=PATIENCE.command,
        )
    evidence.attach("mysql.log", log)
    evidence.attach("log-line.txt", REFUSED.findall(log)[0])

    files = nfs_server.files(shared)
    directory = files.stat()
    evidence.attach("server-side.txt", "\n".join([f"{shared.path}: {directory}", *map(str, files.tree())]))
    evidence.expect(
        directory.owner == "0:0", "the directory is still root's on the server", expected="0:0", seen=directory.owner
    )
    written = [entry.path for entry in files.tree()]
    evidence.expect(written == [], "no database was made", expected=[], seen=written)

    effective = nfs_server.effective_options(shared)
    evidence.attach("effective-options.txt", ",".join(sorted(effective)))
    evidence.attach("effective-exports.txt", nfs_server.effective_exports())
    evidence.expect(
        "root_squash" in effective, "root_squash is in effect", expected="root_squash", seen=sorted(effective)
    )
