"""A machine of the lab as somebody's laptop: a Docker Engine, a kernel with NFS, nothing else.

`python -m tests.lab_world.laptop COMMAND ...` runs a command in its network, with its Engine in DOCKER_HOST;
`python -m tests.lab_world.laptop --reboot [PARAMETER ...]` boots it again, with these parameters of the kernel.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fixtures.session.lab import live_inside
from lab import namespace, state, worlds
from lab.errors import LabError
from lab.machine import Machine, host_shell
from lab.world import attach

_COMMAND = 1800  # seconds


class Laptop:
    """One that is up."""

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of this host, in the laptop's network."""
        inside = [sys.executable, "-m", "tests.lab_world.laptop", *command]
        done = subprocess.run(inside, capture_output=True, text=True, timeout=_COMMAND, check=False)
        if check and done.returncode:
            raise LabError(f"{' '.join(command)}: {done.stdout}\n{done.stderr}")
        return done

    def docker(self, *words: str, check: bool = True) -> str:
        return self.run("docker", *words, check=check).stdout

    def reboot(self, *parameters: str) -> None:
        """Switch off and boot, with these parameters of the kernel."""
        self.run("--reboot", *parameters)

    def load(self, archive: Path) -> None:
        self.docker("load", "--quiet", "--input", str(archive))

    def belongings(self) -> dict[str, str]:
        """Containers, networks and volumes of the Engine, and mounts and devices of the machine."""
        listed = {
            "containers": self.docker("ps", "--all", "--format", "{{.Names}}"),
            "networks": self.docker("network", "ls", "--format", "{{.Name}}"),
            "volumes": self.docker("volume", "ls", "--format", "{{.Name}}"),
        }
        look = 'awk \'$3 != "nsfs" && $3 != "overlay"\' /proc/mounts; losetup --all; ls /dev/mapper'
        listed["mounts and devices"] = self.docker(*host_shell(["sh", "-c", look]))
        return listed


@contextmanager
def laptop() -> Iterator[Laptop]:
    """Boot one; it ends with the lab."""
    subprocess.run([sys.executable, "-m", "lab", "up"], check=True, capture_output=True, timeout=_COMMAND)
    try:
        yield Laptop()
    finally:
        worlds.tear_down()


def _machine() -> Machine:
    recorded = state.load()
    if recorded is None:
        raise LabError("no laptop is up")
    namespace.enter(recorded.holder)
    return attach().machines["cluster"]


def main(command: Sequence[str]) -> None:
    machine = _machine()
    if command[0] == "--reboot":
        machine.power_off()
        machine.start(command[1:])
        machine.wait_for_engine()
        return
    tools = attach().tools.docker.parent
    live_inside()
    environment = {**os.environ, **machine.docker_environment()}
    environment["PATH"] = f"{tools}:{environment['PATH']}"
    os.execvpe(command[0], list(command), environment)


if __name__ == "__main__":
    main(sys.argv[1:])
