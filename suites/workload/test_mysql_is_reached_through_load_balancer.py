"""NFSK8S-WORKLOAD-004"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.kube.namespace import Namespace
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import promised
from fixtures.workloads.mysql import MySql


@requirement(
    "NFSK8S-WORKLOAD-004",
    level=MUST,
    cites=[
        "https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer",
        "https://dev.mysql.com/doc/connector-python/en/",
    ],
    since="0.1",
    asks=["no_root_squash"],
    each_version=False,
)
def test_mysql_is_reached_through_load_balancer(
    claimed: Claimer, nfs_server: NfsServer, namespace: Namespace, mysql: MySql, evidence: Evidence
) -> None:
    """The service of type LoadBalancer leads a client outside the cluster to MySQL, whose writes reach the server.

    Observed outside the cluster: a password login with mysql-connector-python at the service's address and port,
    answered by this scenario's pod. Observed on the server: the table made that way.
    """
    shared = claimed("rw,sync,no_subtree_check,no_root_squash").directory
    with evidence.step("deploy MySQL and its service"):
        mysql.deploy(data=nfs_server.files(shared))
        pod = mysql.wait_ready()

    address = mysql.address()
    service = namespace.service("mysql-myshop")
    evidence.attach("service-address.txt", f"{address.host}:{address.port} ({address.how})")
    evidence.expect(
        service["spec"]["type"] == "LoadBalancer", "the service is one", expected="LoadBalancer", seen=service["spec"]
    )
    with evidence.step(f"log in at {address.host}:{address.port}"), promised("MySQL is reached through its service"):
        ((hostname, user),) = mysql.query("SELECT @@hostname, CURRENT_USER()")
    evidence.expect(hostname == pod.name, "this scenario's pod answers", expected=pod.name, seen=hostname)
    evidence.expect(user == "root@%", "the client came from outside the pod", expected="root@%", seen=user)

    with evidence.step("write through the service"):
        rows = mysql.query(
            "CREATE DATABASE myshop",
            "CREATE TABLE myshop.goods (id INT PRIMARY KEY)",
            "INSERT INTO myshop.goods VALUES (7)",
            "SELECT id FROM myshop.goods",
        )
    evidence.expect(rows == [(7,)], "the row is read back", expected=[(7,)], seen=rows)
    found = nfs_server.files(shared).stat("myshop/goods.ibd")
    good = found.owner == "999:999" and found.size > 0
    evidence.expect(good, "the table is on the server", expected="owner 999:999, not empty", seen=found)
