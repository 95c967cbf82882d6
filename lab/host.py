"""What this host has, what the lab takes of it and why, and what is missing with the command that mends it."""

import getpass
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import mappings, paths
from lab.errors import LabError
from lab.machine import SHARED_MEMORY

PACKAGES = Path(__file__).with_name("host_packages.txt")
ADMINISTRATION = ["/usr/local/sbin", "/usr/sbin", "/sbin"]  # not on an ordinary user's PATH in Debian
CACHE_GIB = 12
RUN_GIB = 4
CLUSTER_MIB = (2560, 6144)  # least that works, most that helps
STORAGE_MIB = (640, 1536)
WORLD_MIB = 8192  # to each world, where there are several
ROOMY_MAPPINGS = 262144  # more than any process of a machine comes near; Ubuntu and Fedora allow four times as many
# Distributions' own switches below /proc/sys, and the value with which they refuse namespaces to ordinary users.
NAMESPACE_SWITCHES = {"kernel/unprivileged_userns_clone": 0, "kernel/apparmor_restrict_unprivileged_userns": 1}


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table; `mend` is None when all is well."""

    what: str
    found: str
    used: str = ""
    mend: str | None = None


@dataclass(frozen=True)
class Share:
    """What the two machines get: memory in MiB, and the processor each is pinned to."""

    cluster_memory: int
    storage_memory: int
    cluster_cpu: int
    storage_cpu: int


def worlds(wanted: int) -> int:
    """How many worlds the host carries at once, of so many wanted: a processor and enough memory each."""
    return max(1, min(wanted, len(os.sched_getaffinity(0)), available_memory() // WORLD_MIB))


def share(number: int = 1, among: int = 1) -> Share:
    """Divide the host: most memory to the cluster, a processor a machine.

    World `number` of several gets its part, and its cluster another processor than the other worlds' clusters have.
    """
    available = available_memory() // among
    cpus = sorted(os.sched_getaffinity(0))
    turn = (number - 1) % len(cpus)
    return Share(
        cluster_memory=_between(int(available * 0.45), CLUSTER_MIB),
        storage_memory=_between(int(available * 0.12), STORAGE_MIB),
        cluster_cpu=cpus[-1 - turn],
        storage_cpu=cpus[turn],
    )


def available_memory() -> int:
    """MiB that machines may take: what the kernel calls available, within this process's cgroup and the tmpfs."""
    meminfo = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    amounts = [
        int(meminfo["MemAvailable"].split()[0]) // 1024,
        shutil.disk_usage(SHARED_MEMORY).free // 2**20,
    ]
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text().strip()) != "max":
        amounts.append(int(text) // 2**20)
    return min(amounts)


def extend_path() -> None:
    """Find administration programs (mke2fs, ip) as an ordinary user too."""
    present = [folder for folder in os.environ.get("PATH", "").split(":") if folder]
    os.environ["PATH"] = ":".join([*present, *[folder for folder in ADMINISTRATION if folder not in present]])


def examine() -> list[Finding]:
    """Everything the lab depends on, in the order in which to mend it."""
    extend_path()
    return [
        _kind_of_host(),
        *_packages(),
        _tun(),
        _namespaces(),
        *_subordinate_ids(),
        _processors(),
        _memory(),
        _mappings(),
        _disk(),
    ]


def require() -> None:
    """Raise LabError with every cause and its mend, before anything is started."""
    if missing := [finding for finding in examine() if finding.mend]:
        lines = [f"  {finding.what}: {finding.found}. {finding.mend}" for finding in missing]
        raise LabError("this host cannot run the lab yet:\n" + "\n".join(lines))


def _mappings() -> Finding:
    """Never a reason to refuse: the lab stays below Debian's usual limit."""
    allowed = mappings.limit()
    more = "" if allowed >= ROOMY_MAPPINGS else f"; as root, sysctl vm.max_map_count={ROOMY_MAPPINGS} gives more room"
    return Finding("memory mappings", f"{allowed} for a process", f"the cluster's API server has the most{more}")


def _kind_of_host() -> Finding:
    """What nothing can mend but another host, or a container on this one."""
    machine = platform.machine()
    if machine != "x86_64":
        mend = "The lab's machines are built for x86_64: use another host, or --engine=docker with --images=pull"
        return Finding("host", machine, "", mend)
    if shutil.which("apt-get") is None:
        mend = "The lab is built from Debian's packages: run it in a container of Debian (README, 'Where it runs')"
        return Finding("host", "neither Debian nor Ubuntu: there is no apt-get", "", mend)
    return Finding("host", f"{machine}, with apt-get", "build")


def _packages() -> Iterator[Finding]:
    lacking = [package for package, program in packages() if shutil.which(program) is None]
    if lacking:
        yield Finding("host packages", f"missing: {', '.join(lacking)}", "", "Run: make host-packages")
    else:
        yield Finding("host packages", f"all {len(packages())} installed", "build and run")


def packages() -> list[tuple[str, str]]:
    """Pairs of Debian package and the program that tells whether it is there."""
    lines = [line.split() for line in PACKAGES.read_text().splitlines() if line and not line.startswith("#")]
    return [(line[0], line[1]) for line in lines]


def _tun() -> Finding:
    device = Path("/dev/net/tun")
    if not device.exists():
        mend = "Run as root: mkdir -p /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun"
        return Finding("/dev/net/tun", "absent", "", mend)
    if not os.access(device, os.R_OK | os.W_OK):
        return Finding("/dev/net/tun", f"not open to {getpass.getuser()}", "", "Run as root: chmod 666 /dev/net/tun")
    return Finding("/dev/net/tun", "readable and writable", "the machines' network devices")


def _namespaces() -> Finding:
    limit = Path("/proc/sys/user/max_user_namespaces")
    allowed = limit.exists() and int(limit.read_text()) > 0
    if os.geteuid() != 0:
        allowed = allowed and not any(_reads(switch, refusing) for switch, refusing in NAMESPACE_SWITCHES.items())
    if allowed:
        return Finding("user namespaces", "allowed", "one private user and network namespace, no route out")
    if os.geteuid() == 0:
        return Finding("user namespaces", "refused", "root's network namespace alone, no route out")
    settings = " ".join(f"{name.replace('/', '.')}={1 - refusing}" for name, refusing in NAMESPACE_SWITCHES.items())
    mend = f"Run as root: sysctl --ignore -w user.max_user_namespaces=10000 {settings}"
    return Finding("user namespaces", "refused to ordinary users", "", mend)


def _reads(switch: str, value: int) -> bool:
    file = Path("/proc/sys") / switch
    return file.exists() and file.read_text().strip() == str(value)


def _subordinate_ids() -> Iterator[Finding]:
    if os.geteuid() == 0:
        return
    user = getpass.getuser()
    for file in ("/etc/subuid", "/etc/subgid"):
        lines = Path(file).read_text().splitlines() if Path(file).exists() else []
        if not any(line.split(":")[0] in (user, str(os.geteuid())) for line in lines):
            mend = f"Run as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}"
            yield Finding(file, f"no line for {user}", "", mend)
            return
    yield Finding("subordinate ids", f"granted to {user}", "building root file systems without root")


def _processors() -> Finding:
    chosen = share()
    count = len(os.sched_getaffinity(0))
    used = f"cluster on {chosen.cluster_cpu}, storage on {chosen.storage_cpu} (pinned: twice as fast as unpinned)"
    return Finding("processors", str(count), used)


def _memory() -> Finding:
    available, least = available_memory(), CLUSTER_MIB[0] + STORAGE_MIB[0]
    found = f"{available} MiB available"
    if available < least:
        return Finding(
            "memory", found, "", f"The lab needs {least} MiB: end other programs, or enlarge {SHARED_MEMORY}"
        )
    chosen = share()
    return Finding("memory", found, f"cluster {chosen.cluster_memory} MiB, storage {chosen.storage_memory} MiB")


def _disk() -> Finding:
    cache = paths.cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        mend = "Name a folder that can be made in NFS_CONFORMANCE_CACHE"
        return Finding("disk", f"cannot make {cache} ({error.strerror})", "", mend)
    free = shutil.disk_usage(cache).free // 2**30
    needed = (
        RUN_GIB if (cache / "builds").exists() and any((cache / "builds").glob("golden-*")) else CACHE_GIB + RUN_GIB
    )
    if free < needed:
        mend = f"The lab needs {needed} GiB there: free some, or name another folder in NFS_CONFORMANCE_CACHE"
        return Finding("disk", f"{free} GiB free at {cache}", "", mend)
    return Finding("disk", f"{free} GiB free at {cache}", f"up to {CACHE_GIB} GiB of cache, {RUN_GIB} GiB a run")


def _between(value: int, bounds: tuple[int, int]) -> int:
    return max(bounds[0], min(bounds[1], value))
