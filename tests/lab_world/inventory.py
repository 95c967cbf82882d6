"""What exists in a lab that is up, and on its host, listed by other tools than the suite uses."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.servers.container_server import ROOT, VOLUMES
from lab import namespace, paths, state
from lab.errors import DeadlineExceeded, LabError
from lab.eventually import eventually
from lab.machine import Machine
from lab.world import World, attach

Inventory = dict[str, list[str]]  # kind of thing against what there is of it, in order

IN_ENGINES = {
    "containers": ("ps", "--all", "--format", "{{.Names}}, {{.State}}"),
    "networks": ("network", "ls", "--format", "{{.Name}}"),
    "volumes of containers": ("volume", "ls", "--format", "{{.Name}}"),
}
SERVER_LABEL = "org.nfs-conformance.role=nfs-server"
ON_SERVER = {
    "files of exports": "ls /etc/exports.d",
    "effective exports": f"chroot {ROOT} exportfs -s",
    "directories of exports": f"ls -A {ROOT}{VOLUMES}",
    "small file systems": "ls /disk | grep '[.]img$' || true",
    "mounts of the server": "cat /proc/mounts",
}
NFS_MOUNTS = "grep -E '^[^ ]+ [^ ]+ nfs4? ' /proc/mounts || true"
IN_CLUSTER = {
    "namespaces": ("namespaces",),
    "volumes of the cluster": ("persistentvolumes",),
    "storage classes": ("storageclasses",),
    # Not the cluster's own, which get other names when they start again.
    "pods": ("pods", "--all-namespaces", "--field-selector", "metadata.namespace!=kube-system"),
}
ON_HOST = {
    "network devices of the host": "ls /sys/class/net",
    "routing rules of the host": "ip -4 rule",
    "routes of the host": "ip -4 route show table all",
    "packet filter of the host": "nft --stateless list ruleset 2>/dev/null || true",  # root's, where there is one
    "mounts of the host": "cat /proc/self/mounts",
}
CLOCK_SOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
NAMESPACE_ENDS = 60  # seconds


def of_host() -> Inventory:
    """What the host has outside the lab."""
    return {kind: _lines(_output("sh", "-c", script)) for kind, script in ON_HOST.items()}


def of_lab() -> Inventory:
    """What every world of the lab that is up has in its Engines, its server, its clients and its cluster.

    Raises LabError when something cannot be looked at, as a container that is just going.
    """
    seen: Inventory = {}
    for number in paths.each_world():
        recorded = state.load()
        assert recorded, "the lab is up"
        for kind, things in namespace.ask_inside(recorded.holder, lambda: _seen_inside(attach()), within=120).items():
            seen.setdefault(kind, []).extend(f"{thing} (world {number})" for thing in things)
    return seen


def clock_sources() -> set[str]:
    """What every machine of the lab that is up tells the time by."""
    seen = set()
    for number in paths.each_world():
        recorded = state.load()
        assert recorded, f"world {number} is up"
        seen |= namespace.ask_inside(recorded.holder, _clock_sources_inside, within=60)
    return seen


def _clock_sources_inside() -> set[str]:
    return {machine.run(["cat", str(CLOCK_SOURCE)]).strip() for machine in attach().machines.values()}


def expect_same(before: Inventory) -> None:
    """A deleted namespace may take a while to go; whatever else came or went since `before` was left by a run."""
    try:
        eventually(
            lambda: difference(before, of_lab()),
            until=lambda differs: not differs,
            what="the lab to have what it had before",
            within=NAMESPACE_ENDS,
            every=1,
        )
    except DeadlineExceeded:
        pytest.fail("a run has changed the lab:\n" + "\n".join(difference(before, of_lab())), pytrace=False)


def difference(before: Inventory, after: Inventory) -> list[str]:
    """A line for each thing that came (+) or went (-), with its kind.

    >>> difference({"exports": ["/a", "/b"]}, {"exports": ["/b", "/c"]})
    ['- exports: /a', '+ exports: /c']
    """
    return [f"{sign} {kind}: {thing}" for kind, sign, thing in _changes(before, after)]


def changed(before: Inventory, after: Inventory) -> set[str]:
    """The kinds of which something came or went."""
    return {kind for kind, _, _ in _changes(before, after)}


def _changes(before: Inventory, after: Inventory) -> Iterator[tuple[str, str, str]]:
    for kind in sorted(before.keys() | after.keys()):
        old, new = before.get(kind, []), after.get(kind, [])
        yield from ((kind, "-", thing) for thing in old if thing not in new)
        yield from ((kind, "+", thing) for thing in new if thing not in old)


def _seen_inside(world: World) -> Inventory:
    cluster, storage = world.machines["cluster"], world.machines["storage"]
    (server,) = _running(storage, "--filter", f"label={SERVER_LABEL}")
    get = (str(world.tools.kubectl), "--kubeconfig", str(world.folder / "kubeconfig"), "get", "--output", "name")
    return {
        **{kind: _in_engines(world, words) for kind, words in IN_ENGINES.items()},
        **{kind: _in_container(storage, server, script) for kind, script in ON_SERVER.items()},
        "NFS mounts": [
            f"{container}: {line}"
            for container in _running(cluster)
            for line in _in_container(cluster, container, NFS_MOUNTS)
        ],
        **{kind: _lines(_output(*get, *words)) for kind, words in IN_CLUSTER.items()},
    }


def _in_engines(world: World, words: tuple[str, ...]) -> list[str]:
    return [
        f"{line} (machine {name})"
        for name, machine in world.machines.items()
        for line in _lines(machine.docker(*words).stdout)
    ]


def _running(machine: Machine, *filters: str) -> list[str]:
    return _lines(machine.docker("ps", "--format", "{{.Names}}", *filters).stdout)


def _in_container(machine: Machine, container: str, script: str) -> list[str]:
    return _lines(machine.docker("exec", container, "sh", "-c", script).stdout)


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode != 0:
        raise LabError(f"'{' '.join(command)}' failed: {done.stderr.strip()}")
    return done.stdout


def _lines(text: str) -> list[str]:
    return sorted(text.splitlines())
