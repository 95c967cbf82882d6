"""A world of the lab: two machines in a namespace of their own, and what is needed to use them."""

from dataclasses import dataclass
from pathlib import Path

from lab import namespace, network, paths, state
from lab.build import images, plan
from lab.build.plan import Products
from lab.build.step import Step
from lab.disk import Disk
from lab.errors import LabError
from lab.golden import Golden
from lab.machine import Machine, MachineSpec

ADDRESSES = {"cluster": "10.99.0.2", "storage": "10.99.0.3"}
ENGINE_PATIENCE = 90.0


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
            route_back(self)

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


def attach() -> World:
    """The world that is up, for a process that is already inside it (a worker, a second command)."""
    recorded = state.load()
    if recorded is None:
        raise LabError("no lab is up; run: python -m lab up")
    return World(recorded, plan.products())


def plan_steps() -> tuple[Step, ...]:
    """The steps whose products a world is made of."""
    return tuple(plan.targets().values())


def route_back(world: World) -> None:
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
