"""`python -m tests.lab_world.inventory` counts, as JSON, what runs could leave in a lab that is up."""

import json
import os
import sys

from lab import namespace, state, world

_KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf get --all-namespaces --no-headers --output name"
_OBJECTS = "namespaces,persistentvolumes,persistentvolumeclaims,storageclasses,pods,services"
_EXPORTS = "ls /disk/exports.d /disk/ganesha/exports /disk/root/usr/local/kubernetes/volumes 2>/dev/null"
_MOUNTS = "grep -cE ' nfs4? ' /proc/mounts"
_DISKS = "ls /disk/*.img; losetup --noheadings --all"


def main() -> None:
    recorded = state.load()
    if recorded is None:
        raise SystemExit("no lab is up; run: python -m lab up")
    namespace.enter(recorded.holder)
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(variable, None)
    json.dump(_count(world.attach()), sys.stdout, indent=2)


def _count(lab: world.World) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, machine in lab.machines.items():
        containers = machine.docker("ps", "--all", "--format", "{{.Names}}").stdout.split()
        networks = machine.docker("network", "ls", "--format", "{{.Name}}").stdout.split()
        found[f"{name}: containers"] = sorted(containers)
        found[f"{name}: networks"] = sorted(networks)
        found[f"{name}: volumes"] = sorted(machine.docker("volume", "ls", "--quiet").stdout.split())
        for container in containers:
            inside = machine.docker("exec", container, "sh", "-c", _MOUNTS, check=False).stdout
            found[f"{container}: NFS mounts"] = inside.split()
            if name == "storage":
                for what, script in (("exports", _EXPORTS), ("small disks", _DISKS)):
                    listing = machine.docker("exec", container, "sh", "-c", script, check=False).stdout
                    found[f"{container}: {what}"] = sorted(listing.splitlines())
            if container.endswith("control-plane"):
                objects = machine.docker("exec", container, "sh", "-c", f"{_KUBECTL} {_OBJECTS}").stdout
                found["cluster: objects"] = sorted(objects.splitlines())
    return found


if __name__ == "__main__":
    main()
