"""A micro-VM: a User-Mode Linux kernel as one process group, pinned to one processor, with a Docker Engine inside."""

import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import processes
from lab.disk import Disk, copy_sparse
from lab.errors import LabError
from lab.eventually import eventually
from lab.network import GATEWAY, MTU, PREFIX_LENGTH
from lab.processes import ProcessId

ENGINE_PORT = 2376
SHARED_MEMORY = "/dev/shm"  # guest memory must be on a tmpfs: elsewhere every page is written to disk


@dataclass(frozen=True)
class MachineSpec:
    """What a machine is made of; memory in MiB."""

    name: str
    address: str
    memory: int
    cpu: int
    disks: tuple[Disk, ...]
    linux: Path
    folder: Path

    @property
    def tap(self) -> str:
        """Its network device in the lab's namespace."""
        return f"tap-{self.name}"


class Machine:
    """One micro-VM that may be on or off."""

    def __init__(self, spec: MachineSpec, authority: Path, docker: Path) -> None:
        self.spec = spec
        self.name = spec.name
        self.address = spec.address
        self.docker_url = f"tcp://{spec.address}:{ENGINE_PORT}"
        self.cert_path = authority
        self.console = spec.folder / "console.log"
        self._docker = docker
        self._pid_file = spec.folder / "process"

    @property
    def process(self) -> ProcessId | None:
        """The machine's process while it is on."""
        process = ProcessId.load(self._pid_file)
        return process if process and process.alive() else None

    def power_on(self, within: float = 60) -> None:
        """Boot, and wait until the Docker Engine answers. The caller must be inside the lab's namespace."""
        self.start()
        self.wait_for_engine(within)

    def start(self, parameters: Sequence[str] = ()) -> None:
        """Boot without waiting for the Engine, with further `parameters` of the kernel."""
        if self.process:
            return
        for index, disk in enumerate(self.spec.disks):
            if disk.base and not disk.file.exists():
                continue  # the kernel creates the copy-on-write file
            if not disk.file.exists():
                raise LabError(f"disk {index} of machine {self.name} is missing: {disk.file}; run: python -m lab down")
        with self.console.open("ab") as console:
            process = subprocess.Popen(
                ["unshare", "--pid", "--fork", "--kill-child=SIGKILL", "--", *self._command_line(), *parameters],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                cwd=self.spec.folder,
                env={
                    "HOME": str(self.spec.folder),
                    "TMPDIR": SHARED_MEMORY,
                    "PATH": os.environ["PATH"],
                    **processes.mark(),
                },
                preexec_fn=lambda: os.sched_setaffinity(0, {self.spec.cpu}),  # noqa: PLW1509 - before any thread exists
            )
        ProcessId.of(process.pid).save(self._pid_file)

    def wait_for_engine(self, within: float = 60) -> None:
        """Wait until the Docker Engine answers. Raises LabError with the end of the console."""

        def answers() -> bool:
            if not self.process:
                raise LabError(f"machine {self.name} went off while it booted. {self.console_end()}")
            # What is sent to a machine that boots is lost, and sent again later and later: knock often instead.
            try:
                socket.create_connection((self.address, ENGINE_PORT), timeout=0.5).close()
            except OSError:
                return False
            return self.docker("version", "--format", "{{.Server.Version}}", within=10, check=False).returncode == 0

        try:
            eventually(answers, what=f"the Docker Engine of machine {self.name}", within=within)
        except TimeoutError as error:
            raise LabError(f"{error}. {self.console_end()}") from error

    def power_cut(self) -> None:
        """Cut the power: the kernel and its page cache are gone at once, nothing is written."""
        if process := self.process:
            process.kill_group()
        self._pid_file.unlink(missing_ok=True)

    def power_off(self, within: float = 60) -> None:
        """Stop the Engine, write everything to disk, switch off."""
        process = self.process
        if process is None:
            return
        self.docker(*host_shell(["kill", "-PWR", "1"]), within=20, check=False)  # the Engine stops under it
        eventually(lambda: not process.alive(), what=f"power off of machine {self.name}", within=within)
        self._pid_file.unlink(missing_ok=True)

    def run(self, command: list[str], timeout: float = 30) -> str:
        """Run a program as root on the machine itself and return its output. Raises LabError with stderr."""
        done = self.docker(*host_shell(command), within=timeout)
        return done.stdout

    def snapshot(self, target: Path) -> None:
        """Copy the system disk of the running machine: what a power cut at this moment would leave."""
        process = self.process
        if process is None or self.spec.disks[0].base:
            raise LabError(f"machine {self.name} has no disk of its own to copy")
        self.run(["sync"], timeout=120)
        kernel = process.child()  # in a session of its own: signals to the recorded process's group do not reach it
        os.kill(kernel, signal.SIGSTOP)
        try:
            copy_sparse(self.spec.disks[0].file, target)
        finally:
            os.kill(kernel, signal.SIGCONT)

    def docker(self, *words: str, within: float = 60, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the Docker client against this machine's Engine."""
        try:
            done = subprocess.run(
                [str(self._docker), *words],
                capture_output=True,
                text=True,
                check=False,
                timeout=within,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.docker_environment()},
            )
        except subprocess.TimeoutExpired as error:
            if not check:
                return subprocess.CompletedProcess(list(words), 124, "", "timed out")
            raise LabError(
                f"'docker {' '.join(words[:3])} ...' on machine {self.name} did not end within {within:g} s"
            ) from error
        if check and done.returncode != 0:
            raise LabError(
                f"'docker {' '.join(words[:3])} ...' on machine {self.name} failed: {done.stderr.strip()[-1000:]}"
            )
        return done

    def docker_environment(self) -> dict[str, str]:
        """Environment variables that point any Docker client at this Engine."""
        return {
            "DOCKER_HOST": self.docker_url,
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(self.cert_path),
            "DOCKER_CONFIG": str(self.cert_path),
        }

    def console_end(self, lines: int = 15) -> str:
        """The last lines of the console, for messages."""
        text = self.console.read_text(errors="replace") if self.console.exists() else ""
        return f"End of {self.console}:\n  " + "\n  ".join(text.strip().splitlines()[-lines:])

    def _command_line(self) -> Sequence[str]:
        spec = self.spec
        return [
            str(spec.linux),
            f"mem={spec.memory}M",
            "seccomp=on",
            f"umid={spec.name}",
            f"uml_dir={spec.folder}/uml/",
            *[disk.argument(chr(ord("a") + index)) for index, disk in enumerate(spec.disks)],
            "root=/dev/ubda",
            "rw",
            "rootflags=barrier=0",
            "init=/lab/init",
            f"hostfs={spec.folder}/settings",
            "con=null",
            "con0=null,fd:1",
            "quiet",
            f"vec0:transport=tap,ifname={spec.tap},depth=128,gro=1,mtu={MTU},mac={_hardware_address(spec.address)}",
            f"NAME={spec.name}",
            f"ADDRESS={spec.address}/{PREFIX_LENGTH}",
            f"GATEWAY={GATEWAY}",
        ]


def _hardware_address(address: str) -> str:
    """The same at every boot, as a machine has it: neighbours remember it, and would look for a new one half a minute.

    >>> _hardware_address("10.99.0.3")
    '02:00:0a:63:00:03'
    """
    return ":".join(["02", "00", *(f"{int(part):02x}" for part in address.split("."))])


def host_shell(command: list[str], *, interactive: bool = False, terminal: bool = False) -> list[str]:
    """Docker client words that run `command` in the namespaces of the machine's first process.

    An `interactive` one reads standard input, which may be a `terminal`.
    """
    mode = [*(["--interactive"] if interactive else []), *(["--tty"] if terminal else [])]
    return [
        "run",
        "--rm",
        *mode,
        "--privileged",
        "--pid=host",
        "--network=host",
        "--label",
        "org.nfs-conformance.owner=lab",
        "nfs-conformance/nfs:lab",
        "nsenter",
        "--target",
        "1",
        "--mount",
        "--uts",
        "--ipc",
        "--net",
        "--",
        *command,
    ]
