"""The private user and network namespaces that hold the whole lab; they have no route to anywhere else."""

import ctypes
import multiprocessing
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from lab import processes
from lab.errors import LabError
from lab.eventually import eventually
from lab.processes import ProcessId

T = TypeVar("T")

CLONE_NEWUSER = 0x10000000  # setns(2)
CLONE_NEWNET = 0x40000000


def create(environment: dict[str, str], *, beside: bool = False) -> ProcessId:
    """Start the process that holds the namespaces open; needs no root where user namespaces are allowed.

    Root on a host without user namespaces gets a network namespace alone. `beside` the namespaces that this process
    has entered, another network namespace is made: processes with threads can change into it, which is not so for a
    user namespace (setns(2)).
    """
    if beside:
        return _hold(["--net"], environment)
    try:
        return _hold(["--user", "--map-root-user", "--net"], environment)
    except LabError:
        if os.geteuid() != 0:
            raise
        return _hold(["--net"], environment)


def _hold(kinds: list[str], environment: dict[str, str]) -> ProcessId:
    holder = subprocess.Popen(
        ["unshare", *kinds, "--", "sleep", "infinity"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        close_fds=True,
    )

    def separated() -> bool:
        if holder.poll() is not None:
            reason = (holder.stderr.read() if holder.stderr else b"").decode().strip()
            raise LabError(
                f"this host refuses a user and network namespace ({reason}); allow it with "
                "'sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000' "
                "(and on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0), or run as root"
            )
        return _is_ready(holder.pid)

    eventually(separated, what="the lab's namespaces", within=10, every=0.01)
    return ProcessId.of(holder.pid)


def enter(holder: ProcessId) -> None:
    """Join the namespaces: the user namespace for good, and only while the process is single-threaded (setns(2));
    the network namespace for the main thread, which must call, and what it starts.
    """
    for kind, flag in (("user", CLONE_NEWUSER), ("net", CLONE_NEWNET)):
        if _link(holder.pid, kind) == Path(f"/proc/self/ns/{kind}").readlink():
            continue
        descriptor = os.open(f"/proc/{holder.pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _change(descriptor, kind, flag)
        finally:
            os.close(descriptor)


@contextmanager
def and_back() -> Iterator[None]:
    """At the end the main thread is in the network namespace in which it began."""
    descriptor = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
        _change(descriptor, "net", CLONE_NEWNET)
    finally:
        os.close(descriptor)


def _change(descriptor: int, kind: str, flag: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, flag) != 0:
        number = ctypes.get_errno()
        threads = len(list(Path("/proc/self/task").iterdir()))
        raise LabError(f"cannot enter the lab's {kind} namespace: {os.strerror(number)} ({threads} threads here)")


def ask_inside(holder: ProcessId, question: Callable[[], T], within: float) -> T:
    """What `question` returns inside the namespaces; a child process asks, and this one stays where it is.

    The answer must be picklable. Raises the LabError that the question raised, or one that says that no answer came
    within so many seconds.
    """
    context = multiprocessing.get_context("fork")  # the copy has one thread, as setns(2) wants
    answer, reply = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(holder, question, reply), daemon=True)
    child.start()
    reply.close()
    try:
        if not answer.poll(within):
            raise LabError(f"no answer from the lab's namespaces within {within:g} s")
        said: T | LabError = answer.recv()
    except EOFError as error:
        raise LabError("the process that asked in the lab's namespaces ended without an answer") from error
    finally:
        child.kill()
        child.join(10)
        answer.close()
    if isinstance(said, LabError):
        raise said
    return said


def _answer(holder: ProcessId, question: Callable[[], Any], reply: "Connection[Any, Any]") -> None:
    os.environ.update(processes.mark())  # a program that a hanging question has started is found when the lab goes down
    try:
        enter(holder)
        reply.send(question())
    except LabError as error:
        reply.send(error)
    except OSError as error:
        reply.send(LabError(f"cannot ask in the lab's namespaces: {error}"))


def is_inside(holder: ProcessId) -> bool:
    """Whether this process is already in the lab's network namespace."""
    return _link(holder.pid, "net") == Path("/proc/self/ns/net").readlink()


def _link(pid: int, kind: str) -> Path:
    return Path(f"/proc/{pid}/ns/{kind}").readlink()


def _is_ready(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/comm").read_text().strip()
        return command == "sleep" and _link(pid, "net") != Path("/proc/self/ns/net").readlink()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False
