"""The lab's worlds: brought up, joined, and taken down without a trace."""

import os
import shutil

from lab import host, namespace, paths, processes, state
from lab.boot import start
from lab.build import plan
from lab.build.plan import Products
from lab.build.workshop import Workshop
from lab.errors import LabError
from lab.golden import Golden
from lab.progress import Reporter
from lab.spoiled import spoiled
from lab.world import ADDRESSES, World

KEPT_PATIENCE = 20.0  # for an Engine that has been up: a busy machine answers late, one that hangs never does


def bring_up(reporter: Reporter, recipe: str, among: int = 1) -> World:
    """Build what is missing, boot both machines and enter their namespaces.

    `recipe` describes what will be done to the cluster machine; a golden disk made by the same recipe is used.
    A healthy world of the same products that is already up is joined instead; one that does not answer, or that was
    spoiled, is replaced.
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


def _bring_up(reporter: Reporter, products: Products, recipe: str, among: int) -> World:
    key = _key(products, recipe)
    recorded = state.load()
    if recorded and recorded.key == key and (world := _join(reporter, recorded, products)):
        return world
    _tear_down()
    try:
        return start(reporter, products, key, recipe, host.share(paths.world_number(), among))
    except BaseException:
        tear_down()
        raise


def _key(products: Products, recipe: str) -> str:
    return Golden.of("world", products.steps, recipe).key


def _join(reporter: Reporter, recorded: state.State, products: Products) -> World | None:
    if why := spoiled(paths.world_folder()):
        reporter.say(f"the kept world is replaced: {why}")
        return None
    world = World(recorded, products)
    try:
        # Who has entered cannot leave again: whether it is worth it is asked first.
        namespace.ask_inside(recorded.holder, lambda: _expect_answers(world), within=3 * KEPT_PATIENCE)
    except LabError as error:
        reporter.say(f"the kept world does not answer and is replaced: {error}")
        return None
    world.enter()
    return world


def _expect_answers(world: World) -> None:
    for machine in world.machines.values():
        try:
            machine.wait_for_engine(KEPT_PATIENCE)
        except LabError as error:
            raise LabError(f"the Docker Engine of machine {machine.name} is silent") from error
