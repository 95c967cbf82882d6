"""NFSK8S-SQUASH-008"""

from typing import Any

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised
from fixtures.workloads.mysql import NAME, MySql

BASE = "rw,sync,no_subtree_check"
MYSQL = "999:999"
# What is changed: the export's options, the directory's owner on the server, the pod's security context.
FIXES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "no_root_squash": (f"{BASE},no_root_squash", "0:0", None),
    "runAsUser 999": (f"{BASE},root_squash", MYSQL, {"runAsUser": 999, "runAsGroup": 999}),
    "anonuid=999": (f"{BASE},all_squash,anonuid=999,anongid=999", MYSQL, None),
}


@requirement(
    "NFSK8S-SQUASH-008",
    level=MUST,
    cites=[
        "exports(5)",
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "docker-library/mysql#153",
        "kubernetes/kubernetes#54601",
    ],
    since="0.2",
    asks=["export_options"],
    each_version=False,
)
def test_three_fixes_let_mysql_start(
    export: Exporter, nfs_server: NfsServer, namespace: Namespace, mysql: MySql, evidence: Evidence
) -> None:
    """MySQL starts with each of three fixes: no_root_squash, a directory owned by 999 with runAsUser 999, and
    all_squash with anonuid=999.

    Each begins with an empty directory of mode 0755. Observed in the cluster: MySQL becomes Ready and takes a row.
    Observed on the server: the options in effect, and MySQL's files, which belong to 999:999.
    """
    shared = export(f"{BASE},root_squash", mode=0o755)
    files = nfs_server.files(shared)
    namespace.bound_volume(shared.path)
    mysql.deploy({"spec": {"replicas": 0}})
    for fix, (options, owner, context) in FIXES.items():
        with evidence.step(f"arrange the fix {fix}"):
            shared = nfs_server.set_options(shared, options)
            files.shell(f"find . -mindepth 1 -delete; chown {owner} .")
            template = {"spec": {"template": {"spec": {"securityContext": context}}}}
            namespace.kube.patch("Deployment", NAME, template, namespace.name)
        evidence.attach(f"effective-options-{fix}.txt", ",".join(sorted(nfs_server.effective_options(shared))))
        with evidence.step(f"start MySQL with {fix}"), promised(f"MySQL starts with {fix}"):
            mysql.scale(1)
        rows = mysql.query(
            "CREATE DATABASE fixed",
            "CREATE TABLE fixed.it (id INT)",
            "INSERT INTO fixed.it VALUES (8)",
            "SELECT id FROM fixed.it",
        )
        evidence.expect(rows == [(8,)], f"MySQL takes a row with {fix}", expected=[(8,)], seen=rows)
        for path in ("ibdata1", "fixed/it.ibd"):
            found = files.stat(path).owner
            evidence.expect(found == MYSQL, f"{path} is MySQL's with {fix}", expected=MYSQL, seen=found)
        with evidence.step("stop MySQL"):
            mysql.scale(0)
