"""NFSK8S-WORKLOAD-005"""

from certify.declare import MUST, requirement
from certify.diagnosis import diagnose, known_diagnoses
from certify.evidence import Evidence
from fixtures.kube.manifests import load, merged
from fixtures.kube.namespace import Namespace
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised
from fixtures.workloads.mysql import MySql

WITHOUT_TLS = {"data": {"my.cnf": "[mysqld]\ntls_version=\n"}}
PLUGIN = "caching_sha2_password"
INSECURE = "Authentication requires secure connection"
OUTDATED = "1251: Client does not support authentication protocol requested by server"


@requirement(
    "NFSK8S-WORKLOAD-005",
    level=MUST,
    cites=[
        "https://dev.mysql.com/doc/refman/en/caching-sha2-pluggable-authentication.html",
        "https://kubernetes.io/docs/concepts/configuration/configmap/",
        "docker-library/mysql#411",
    ],
    since="0.2",
    asks=["no_root_squash"],
    each_version=False,
)
def test_login_needs_tls_and_todays_plugin(
    claimed: Claimer, nfs_server: NfsServer, namespace: Namespace, mysql: MySql, evidence: Evidence
) -> None:
    """A client without TLS or with an old authentication plugin is refused by MySQL with the plugin's error, and a
    configuration in a ConfigMap fixes it.

    Observed outside the cluster: while MySQL's ConfigMap offers no TLS, MySQL's own client library is refused by the
    password's plugin; with TLS in the ConfigMap and a rollout the same login succeeds. A client from before plugins is
    refused either way. Each error has its diagnosis. Observed on the server: a table that was made over TLS.
    """
    shared = claimed("rw,sync,no_subtree_check,no_root_squash").directory
    (settings,) = load("mysql-myshop-settings.yml")
    with evidence.step("deploy MySQL with a ConfigMap that offers no TLS"):
        mysql.deploy(settings=merged(settings, WITHOUT_TLS), data=nfs_server.files(shared))
        mysql.wait_ready()
    refused = mysql.login_error()
    evidence.attach("without-tls.txt", refused)
    evidence.expect(INSECURE in refused, "a password without TLS is refused", expected=INSECURE, seen=refused)
    _expect_diagnosis(evidence, refused, "mysql-password-needs-tls")

    with evidence.step("write TLS into the ConfigMap, roll out"), promised("MySQL starts with the new ConfigMap"):
        namespace.kube.patch("ConfigMap", settings["metadata"]["name"], {"data": settings["data"]}, namespace.name)
        mysql.restart()
    accepted = mysql.login_error()
    evidence.expect(accepted == "", "the same login succeeds with TLS", expected="no error", seen=accepted)
    with promised("MySQL answers queries"):
        ((_, protocol),) = mysql.query("SHOW SESSION STATUS LIKE 'Ssl_version'")
        ((plugin,),) = mysql.query("SELECT plugin FROM mysql.user WHERE CONCAT(user, '@', host) = CURRENT_USER()")
    evidence.expect(protocol.startswith("TLS"), "with TLS", expected="TLSv1.2 or later", seen=protocol)
    evidence.expect(plugin == PLUGIN, "and by its plugin", expected=PLUGIN, seen=plugin)

    outdated = mysql.old_login_error()
    evidence.attach("old-client.txt", outdated)
    evidence.expect(outdated.startswith(OUTDATED), "an old client is refused", expected=OUTDATED, seen=outdated)
    _expect_diagnosis(evidence, outdated, "mysql-authentication-plugin")

    mysql.query("CREATE DATABASE myshop", "CREATE TABLE myshop.goods (id INT PRIMARY KEY)")
    found = nfs_server.files(shared).stat("myshop/goods.ibd")
    evidence.expect(found.owner == "999:999", "its table is on the server", expected="999:999", seen=found)


def _expect_diagnosis(evidence: Evidence, error: str, wanted: str) -> None:
    found = diagnose([error], known_diagnoses().values())
    evidence.expect(found[:1] == (wanted,), "the error is diagnosed", expected=wanted, seen=found)
