"""The lab's worlds: two machines in a namespace of their own, brought up, joined, and taken down without a trace."""

import ipaddress
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab import certificates, host, namespace, network, paths, processes, state
from lab.build import images, plan
from lab.build.plan import Products
from lab.build.step import Step
from lab.build.workshop import Workshop
from lab.errors import LabError
from lab.golden import Golden
from lab.machine import Disk, Machine, MachineSpec, copy_sparse
from lab.progress import Reporter

ADDRESSES = {"cluster": "10.99.0.2", "storage": "10.99.0.3"}
DATA_DISK_SIZE = "16G"  # sparse
ENGINE_PATIENCE = 90.0
KEPT_PATIENCE = 20.0  # for an Engine that has been up: a busy machine answers late, one that hangs never does


@dataclass(frozen=True)
class Tools:
    """Programs built for this host."""

    kind: Path
    kubectl: Path
    docker: Path


@dataclass(frozen=True)
class Images:
    """References of the images in the lab's Engines and nodes."""

    node: str
    knfsd: str
    ganesha: str
    client: str
    mysql: str
    recycler: str
    databases: dict[str, str]


class World:
    """Two machines that are up, and what is needed to use them."""

    cluster_name = "nfs-conformance"

    def __init__(self, recorded: state.State, products: Products) -> None:
        self._state = recorded
        self.folder = paths.world_folder()
        self.machines = {name: self._machine(name, products) for name in ADDRESSES}
        programs = {"kind": products.kind, "kubectl": products.hyperkube, "docker": products.docker}
        self.tools = Tools(**{name: _link(self.folder / "bin" / name, target) for name, target in programs.items()})
        names = images.image_names()
        self.images = Images(
            node=names.node,
            knfsd=names.nfs,
            ganesha=names.ganesha,
            client=names.nfs,
            mysql=names.mysql,
            recycler=names.recycler,
            databases=names.databases,
        )

    @property
    def cluster_is_golden(self) -> bool:
        """Whether the cluster machine was booted from a disk that already holds an initialised cluster."""
        return self._state.golden["cluster"] is not None

    def enter(self) -> None:
        """Join the lab's namespaces; the calling process must still be single-threaded."""
        namespace.enter(self._state.holder)

    def save_golden_cluster(self) -> None:
        """Keep the cluster machine's disk, with the cluster on it, for the next world."""
        if not self.cluster_is_golden:
            Golden.of("cluster", plan_steps(), self._state.recipe).save(self.machines["cluster"])

    def cut_power(self, name: str) -> None:
        """What a power cut does to a machine: only what had reached its disks is left."""
        self.machines[name].power_cut()

    def restore_power(self, name: str) -> None:
        """Boot the machine again and wait for its Docker Engine."""
        self.machines[name].power_on(ENGINE_PATIENCE)
        if name == "storage":
            _route_back(self)

    def route_load_balancers(self, node_address: str) -> None:
        """Send the load-balancer addresses on to a node from the cluster machine."""
        route = ["ip", "route", "replace", network.LOAD_BALANCER_NETWORK, "via", node_address]
        self.machines["cluster"].run(route)

    def _machine(self, name: str, products: Products) -> Machine:
        recorded, folder = self._state, self.folder / name
        golden = recorded.golden[name]
        system = Disk(folder / "system.cow", Path(golden)) if golden else Disk(folder / "system.img")
        extra = (
            Disk(products.node_images_disk, read_only=True, mount="/lab/images")
            if name == "cluster"
            else Disk(folder / "data.img", mount="/data")
        )
        memory, cpu = (
            (recorded.cluster_memory, recorded.cluster_cpu)
            if name == "cluster"
            else (recorded.storage_memory, recorded.storage_cpu)
        )
        spec = MachineSpec(name, ADDRESSES[name], memory, cpu, (system, extra), products.linux, folder)
        return Machine(spec, self.folder / "tls", products.docker)


def bring_up(reporter: Reporter, recipe: str, among: int = 1) -> World:
    """Build what is missing, boot both machines and enter their namespaces.

    `recipe` describes what will be done to the cluster machine; a golden disk made by the same recipe is used.
    A healthy world of the same products that is already up is joined instead; one that does not answer is replaced.
    The host is to be divided `among` so many worlds. Raises LabError with cause and mend.
    """
    host.require()
    products = plan.build(Workshop(reporter))
    return _bring_up(reporter, products, recipe, among)


def bring_up_beside(reporter: Reporter, recipe: str, number: int, among: int) -> None:
    """Bring up the world of this number as well; the process stays in the world it is in. Raises LabError."""
    with namespace.and_back(), paths.as_in_world(number):
        _bring_up(reporter, plan.products(), recipe, among)


def how_many(wanted: int) -> int:
    """How many worlds there can be at once, of so many wanted; those that are up have what they need."""
    up = sum(state.load() is not None for _ in paths.each_world())
    return min(wanted, up) if up > 1 else host.worlds(wanted)


def move_to(number: int) -> None:
    """Leave one world that is up for another; the process has entered the lab. Raises LabError when it is down."""
    os.environ[paths.WORLD] = str(number)
    os.environ.update(processes.mark())
    recorded = state.load()
    if recorded is None:
        raise LabError(f"world {number} of the lab is not up any more")
    namespace.enter(recorded.holder)


def attach() -> World:
    """The world that is up, for a process that is already inside it (a worker, a second command)."""
    recorded = state.load()
    if recorded is None:
        raise LabError("no lab is up; run: python -m lab up")
    return World(recorded, plan.products())


def tear_down() -> int:
    """End every process of all worlds and remove their files; returns how many processes were ended."""
    return sum(_tear_down() for _ in paths.each_world())


def _tear_down() -> int:
    recorded = state.load()
    ended = 0
    for name in ADDRESSES:
        if process := processes.ProcessId.load(paths.world_folder() / name / "process"):
            ended += process.alive()
            process.kill_group()
    if recorded:
        recorded.holder.kill_group()
        ended += 1
    ended += processes.kill_marked()
    shutil.rmtree(paths.world_folder(), ignore_errors=True)
    return ended


def plan_steps() -> tuple[Step, ...]:
    """The steps whose products a world is made of."""
    return tuple(plan.targets().values())


def _bring_up(reporter: Reporter, products: Products, recipe: str, among: int) -> World:
    key = _key(products, recipe)
    recorded = state.load()
    if recorded and recorded.key == key and (world := _join(reporter, recorded, products)):
        return world
    _tear_down()
    try:
        return _start(reporter, products, key, recipe, host.share(paths.world_number(), among))
    except BaseException:
        tear_down()
        raise


def _key(products: Products, recipe: str) -> str:
    return Golden.of("world", products.steps, recipe).key


def _join(reporter: Reporter, recorded: state.State, products: Products) -> World | None:
    world = World(recorded, products)
    try:
        # Who has entered cannot leave again: whether it is worth it is asked first.
        namespace.ask_inside(recorded.holder, lambda: _expect_answers(world), within=3 * KEPT_PATIENCE)
    except LabError as error:
        reporter.say(f"the kept world does not answer and is replaced: {error}")
        return None
    world.enter()
    return world


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


def _expect_answers(world: World) -> None:
    for machine in world.machines.values():
        try:
            machine.wait_for_engine(KEPT_PATIENCE)
        except LabError as error:
            raise LabError(f"the Docker Engine of machine {machine.name} is silent") from error


def _start(reporter: Reporter, products: Products, key: str, recipe: str, chosen: host.Share) -> World:
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
    _route_back(world)
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


def _route_back(world: World) -> None:
    """The storage machine answers nodes and load-balanced services through the cluster machine."""
    for target in (network.NODE_NETWORK, network.LOAD_BALANCER_NETWORK):
        world.machines["storage"].run(["ip", "route", "replace", target, "via", ADDRESSES["cluster"]])


def _link(link: Path, target: Path) -> Path:
    """Programs side by side under their own names: kind looks for docker, a multi-call program acts by its name."""
    link.parent.mkdir(exist_ok=True)
    if not link.is_symlink() or link.readlink() != target:
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return link
