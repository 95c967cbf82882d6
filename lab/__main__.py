"""`python -m lab`: bring the lab up, look at it, take it down."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab import host, mirror, namespace, paths, state, world, worlds
from lab.build import plan
from lab.build.workshop import Workshop
from lab.errors import LabError
from lab.machine import Machine, host_shell
from lab.progress import Reporter

EPILOG = """\
A world of the lab is two micro-VMs (cluster, storage) with a Docker Engine and kernel NFS each, in a private network
namespace without any route out; a parallel run has several worlds. Everything is built from package registries into the
user's cache folder.
NFS_CONFORMANCE_CACHE names another cache folder; each folder is a lab of its own.
"""


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when all is well, 1 when the host or the lab is not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m lab",
        description="The lab of nfs-conformance.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("build", help="build or complete the cache, start nothing")
    commands.add_parser("up", help="build what is missing and boot the machines (they stay up until 'down')")
    commands.add_parser("down", help="end the machines and everything else of the lab")
    commands.add_parser("status", help="what is up, since when, with which resources")
    commands.add_parser("doctor", help="what this host has, what is used and why, what is missing and how to mend it")
    for name, text in (("shell", "a root shell on a machine"), ("logs", "a machine's console")):
        command = commands.add_parser(name, help=text)
        command.add_argument("machine", choices=sorted(world.ADDRESSES))
        command.add_argument("--world", type=int, default=1, metavar="N", help="which world's (default: 1)")
    _add_images(commands.add_parser("images", help="what pods run, for clusters whose nodes cannot pull it"))
    options = parser.parse_args(arguments)
    host.extend_path()
    try:
        return int(COMMANDS[options.command](options))
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; 'python -m lab down' removes what was started", file=sys.stderr)
        return 130


def _add_images(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="references, platform and archive of each image")
    save = actions.add_parser("save", help="build the images and put their archives into a folder")
    load = actions.add_parser("load", help="load such a folder into the Docker Engine of DOCKER_HOST, or push it")
    for action in (save, load):
        action.add_argument("folder", type=Path, metavar="FOLDER")
    load.add_argument(
        "--prefix",
        default="",
        help="push under this prefix, such as registry.example.org/mirror/ (cluster.image_prefix)",
    )


def _build(_: argparse.Namespace) -> int:
    host.require()
    with Reporter() as reporter:
        plan.build(Workshop(reporter))
    return 0


def _up(_: argparse.Namespace) -> int:
    with state.exclusive("python -m lab up"), Reporter() as reporter:
        up = worlds.bring_up(reporter, recipe="bare")
        reporter.say(f"up: {', '.join(f'{machine.name} {machine.docker_url}' for machine in up.machines.values())}")
        reporter.say(f"client certificates: {up.folder / 'tls'}; enter with: python -m lab shell cluster")
    return 0


def _down(_: argparse.Namespace) -> int:
    with state.exclusive("python -m lab down"):
        ended = worlds.tear_down()
    print(f"down: {ended} process{'' if ended == 1 else 'es'} ended" if ended else "down: nothing was up")
    return 0


def _status(_: argparse.Namespace) -> int:
    table = Table("world", "machine", "state", "address", "memory", "processor", "boots from", "folder")
    for number in paths.each_world():
        if state.load():
            for machine in world.attach().machines.values():
                table.add_row(str(number), *_described(machine))
    if not table.row_count:
        print("the lab is down")
        return 1
    Console().print(table)
    return 0


def _described(machine: Machine) -> tuple[str, ...]:
    spec = machine.spec
    return (
        spec.name,
        "on" if machine.process else "off",
        spec.address,
        f"{spec.memory} MiB",
        str(spec.cpu),
        "golden disk" if spec.disks[0].base else "fresh disk",
        str(spec.folder),
    )


def _doctor(_: argparse.Namespace) -> int:
    findings = host.examine()
    table = Table("", "what", "found", "used for", "to mend", show_lines=False)
    for finding in findings:
        table.add_row("!" if finding.mend else "ok", finding.what, finding.found, finding.used, finding.mend or "")
    Console().print(table)
    print(f"cache: {paths.cache_folder()}")
    # Those who talk to Docker Engines know of them; the lab does not.
    subprocess.call([sys.executable, "-m", "fixtures", "engine"])
    return 1 if any(finding.mend for finding in findings) else 0


def _shell(options: argparse.Namespace) -> int:
    with paths.as_in_world(options.world):
        machine = _enter().machines[options.machine]
    command = [str(plan.products().docker), *host_shell(["bash", "-l"], interactive=True, terminal=sys.stdin.isatty())]
    return subprocess.call(command, env={**os.environ, **machine.docker_environment()})


def _logs(options: argparse.Namespace) -> int:
    with paths.as_in_world(options.world):
        console = world.attach().machines[options.machine].console
    print(console.read_text(errors="replace"), end="")
    return 0


def _images(options: argparse.Namespace) -> int:
    if options.action == "list":
        for archive, references in mirror.images().items():
            for reference in references:
                built = "built" if archive.exists() else "not built"
                print(f"{reference:<64} {mirror.PLATFORM}  {archive.name:<14} {built}")
    elif options.action == "save":
        with Reporter() as reporter:
            mirror.build(Workshop(reporter))
        for archive in mirror.save(options.folder):
            print(archive)
    else:
        mirror.load(options.folder, options.prefix, print)
    return 0


def _enter() -> world.World:
    recorded = state.load()
    if recorded is None:
        raise LabError("no lab is up; run: python -m lab up")
    namespace.enter(recorded.holder)
    return world.attach()


COMMANDS = {
    "build": _build,
    "up": _up,
    "down": _down,
    "status": _status,
    "doctor": _doctor,
    "shell": _shell,
    "logs": _logs,
    "images": _images,
}

if __name__ == "__main__":
    sys.exit(main())
