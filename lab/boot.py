"""A world is booted: its machines from fresh disks, or from golden ones that an earlier world has saved."""

import ipaddress
import os
import subprocess
from pathlib import Path

from lab import certificates, host, namespace, network, paths, processes, state
from lab.build.plan import Products
from lab.disk import copy_sparse
from lab.errors import LabError
from lab.golden import Golden
from lab.machine import Machine
from lab.progress import Reporter
from lab.world import ADDRESSES, ENGINE_PATIENCE, World, route_back

DATA_DISK_SIZE = "16G"  # sparse


def start(reporter: Reporter, products: Products, key: str, recipe: str, chosen: host.Share) -> World:
    goldens = {name: Golden.of(name, products.steps, recipe if name == "cluster" else "") for name in ADDRESSES}
    beside = paths.world_number() > 1
    holder = namespace.create({"PATH": os.environ["PATH"], **processes.mark()}, beside=beside)
    recorded = state.State(
        holder.pid,
        holder.started,
        key,
        recipe,
        chosen.cluster_memory,
        chosen.storage_memory,
        chosen.cluster_cpu,
        chosen.storage_cpu,
        {name: str(golden.disk) if golden.usable() else None for name, golden in goldens.items()},
    )
    recorded.save()
    world = World(recorded, products)
    _prepare_files(world, products)
    world.enter()
    network.set_up([machine.spec.tap for machine in world.machines.values()], ADDRESSES["cluster"])
    for machine in world.machines.values():
        machine.start()
    with reporter.task("boot the machines, wait for their Docker Engines"):
        for name, machine in world.machines.items():
            wait_for_first_answer(machine, goldens[name] if recorded.golden[name] else None)
    if recorded.golden["storage"] is None:
        with reporter.task("load images into the storage machine"):
            _load(world.machines["storage"], products.nfs_image, products.ganesha_image)
            goldens["storage"].save(world.machines["storage"])
    if not world.cluster_is_golden:
        with reporter.task("load images into the cluster machine"):
            _load(world.machines["cluster"], products.nfs_image, products.node_image)
            _create_node_network(world.machines["cluster"])
    route_back(world)
    return world


def _prepare_files(world: World, products: Products) -> None:
    certificates.issue_authority(world.folder / "tls")
    for name, machine in world.machines.items():
        folder = machine.spec.folder
        certificates.issue_server(world.folder / "tls", folder / "settings" / "tls", machine.address)
        lines = [
            f"/dev/ubd{chr(ord('a') + index)} {disk.mount} {disk.mount_options}\n"
            for index, disk in enumerate(machine.spec.disks)
            if disk.mount
        ]
        (folder / "settings" / "disks").write_text("".join(lines))
        if machine.spec.disks[0].base is None:
            copy_sparse(products.system_disk, machine.spec.disks[0].file)
        if name == "storage":
            _make_data_disk(machine.spec.disks[1].file)


def _make_data_disk(file: Path) -> None:
    command = [
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-L",
        "data",
        "-m",
        "0",
        "-E",
        "lazy_itable_init=1,lazy_journal_init=1",
        str(file),
    ]
    done = subprocess.run([*command, DATA_DISK_SIZE], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise LabError(f"cannot make the storage machine's data disk: {done.stderr.strip()}")


def _load(machine: Machine, *archives: Path) -> None:
    for archive in archives:
        machine.docker("load", "--quiet", "--input", str(archive), within=600)


def _create_node_network(machine: Machine) -> None:
    """The network that kind uses if it exists; without masquerading the NFS server sees the nodes' own addresses."""
    gateway = str(next(ipaddress.ip_network(network.NODE_NETWORK).hosts()))
    machine.docker(
        "network",
        "create",
        "--driver",
        "bridge",
        "--subnet",
        network.NODE_NETWORK,
        "--gateway",
        gateway,
        "--opt",
        "com.docker.network.bridge.enable_ip_masquerade=false",
        "kind",
    )


def wait_for_first_answer(machine: Machine, golden: Golden | None) -> None:
    """Wait until a machine that boots answers; LabError when it does not.

    A golden disk that it boots from is removed then: it may be what is broken, and the next run makes another.
    """
    try:
        machine.wait_for_engine(ENGINE_PATIENCE)
    except LabError as error:
        if golden is None:
            raise
        golden.discard()
        raise LabError(f"{error}\nThe disk that it booted from is removed from the cache: run again") from error
