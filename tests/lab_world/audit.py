"""What one account changed in the lab's cluster, as its API server's audit log has it."""

import json
from typing import Any

from lab.eventually import eventually
from tests.lab_world.foreign_cluster import on_node

CONTROL_PLANE = "nfs-conformance-control-plane"
_CHANGES = ("create", "update", "patch", "delete", "deletecollection")
_POLICY = f"""\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Request
  users: ["system:serviceaccount:nfs-conformance:suite"]
  verbs: {json.dumps(_CHANGES)}
- level: None
"""
_MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"
_OPTIONS = "    - --audit-policy-file=/etc/kubernetes/pki/audit.yml\\n    - --audit-log-path=-"
_BEGIN = f"""
printf %s "$1" > /etc/kubernetes/pki/audit.yml
sed -i 's|^    - kube-apiserver$|&\\n{_OPTIONS}|' {_MANIFEST}
"""
_READY = "kubectl --kubeconfig=/etc/kubernetes/admin.conf get --raw /readyz"
_RUNS = f"pgrep -f '^kube-apiserver .*--audit-log-path=-' && {_READY}"
_READ = "cat /var/log/pods/kube-system_kube-apiserver-*/kube-apiserver/*.log"


def begin() -> None:
    """Have the API server write down what the suite's account changes; it is restarted for that."""
    on_node(CONTROL_PLANE, _BEGIN, _POLICY)
    eventually(lambda: on_node(CONTROL_PLANE, _RUNS, check=False), what="the API server to audit", within=180)


def changes() -> list[dict[str, Any]]:
    """Every change that the account asked for since then, and was granted."""
    lines = on_node(CONTROL_PLANE, _READ).splitlines()
    texts = [line.split(" ", 3)[3] for line in lines if '"kind":"Event","apiVersion":"audit.k8s.io/' in line]
    return [event for event in map(json.loads, texts) if event["responseStatus"]["code"] < 400]
