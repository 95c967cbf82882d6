"""What the lab takes of a host, and what the doctor says of one that lacks something."""

import getpass
import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import host
from lab.errors import LabError
from lab.host import Finding
from lab.machine import SHARED_MEMORY

MIB, GIB = 2**20, 2**30


@dataclass
class FakeHost:
    """A host that lacks nothing until a test takes something away; `root` stands for its file system."""

    root: Path
    uid: int = 1000
    architecture: str = "x86_64"
    absent_programs: set[str] = field(default_factory=set)
    tun_is_open: bool = True
    free: dict[str, int] = field(default_factory=lambda: {"memory": 8000 * MIB, "disk": 40 * GIB})

    def write(self, path: str, text: str) -> None:
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def path(self, path: str | Path) -> Path:
        return self.root / str(path).lstrip("/")

    def remove(self, path: str) -> None:
        self.path(path).unlink()

    def which(self, program: str) -> str | None:
        return None if program in self.absent_programs else f"/usr/bin/{program}"

    def disk_usage(self, folder: str | Path) -> SimpleNamespace:
        return SimpleNamespace(free=self.free["memory" if str(folder) == SHARED_MEMORY else "disk"])


Change = Callable[[FakeHost], object]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    there = FakeHost(tmp_path / "root")
    there.write("/dev/net/tun", "")
    there.write("/proc/meminfo", "MemTotal:  16384000 kB\nMemAvailable:  10240000 kB\n")
    there.write("/proc/sys/user/max_user_namespaces", "60000\n")
    for file in ("/etc/subuid", "/etc/subgid"):
        there.write(file, "root:1:1\nalice:100000:65536\n")
    monkeypatch.setattr(host, "Path", there.path)
    monkeypatch.setattr(shutil, "which", there.which)
    monkeypatch.setattr(shutil, "disk_usage", there.disk_usage)
    monkeypatch.setattr(os, "geteuid", lambda: there.uid)
    monkeypatch.setattr(platform, "machine", lambda: there.architecture)
    monkeypatch.setattr(os, "access", lambda *_: there.tun_is_open)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 0, 1})
    monkeypatch.setattr(getpass, "getuser", lambda: "alice")
    return there


def missing() -> list[Finding]:
    return [finding for finding in host.examine() if finding.mend]


LACKS: dict[str, tuple[Change, str, list[str], list[str]]] = {
    "package": (lambda h: h.absent_programs.add("mke2fs"), "host packages", ["e2fsprogs"], ["make host-packages"]),
    "apt": (
        lambda h: h.absent_programs.add("apt-get"),
        "host",
        ["neither Debian nor Ubuntu"],
        ["run it in a container of Debian"],
    ),
    "another architecture": (
        lambda h: setattr(h, "architecture", "aarch64"),
        "host",
        ["aarch64"],
        ["built for x86_64", "--engine=docker"],
    ),
    "tun": (lambda h: h.remove("/dev/net/tun"), "/dev/net/tun", ["absent"], ["as root", "mknod /dev/net/tun c 10 200"]),
    "tun rights": (
        lambda h: setattr(h, "tun_is_open", False),
        "/dev/net/tun",
        ["not open to alice"],
        ["as root", "chmod 666 /dev/net/tun"],
    ),
    "no user namespaces in the kernel": (
        lambda h: h.remove("/proc/sys/user/max_user_namespaces"),
        "user namespaces",
        ["refused"],
        ["as root", "sysctl"],
    ),
    "user namespaces limited to none": (
        lambda h: h.write("/proc/sys/user/max_user_namespaces", "0\n"),
        "user namespaces",
        ["refused"],
        ["user.max_user_namespaces=10000"],
    ),
    "user namespaces for root only": (
        lambda h: h.write("/proc/sys/kernel/unprivileged_userns_clone", "0\n"),
        "user namespaces",
        ["refused"],
        ["kernel.unprivileged_userns_clone=1"],
    ),
    "user namespaces without rights": (
        lambda h: h.write("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"),
        "user namespaces",
        ["refused"],
        ["kernel.apparmor_restrict_unprivileged_userns=0"],
    ),
    "subuid line": (
        lambda h: h.write("/etc/subuid", "alice2:100000:65536\n"),
        "/etc/subuid",
        ["no line for alice"],
        ["as root", "usermod --add-subuids", "alice"],
    ),
    "subgid file": (lambda h: h.remove("/etc/subgid"), "/etc/subgid", ["no line for alice"], ["--add-subgids"]),
    "memory": (
        lambda h: h.write("/proc/meminfo", f"MemAvailable: {3199 * 1024} kB\n"),
        "memory",
        ["3199 MiB"],
        ["3200 MiB", SHARED_MEMORY],
    ),
    "disk": (lambda h: h.free.update(disk=15 * GIB), "disk", ["15 GiB"], ["16 GiB", "NFS_CONFORMANCE_CACHE"]),
}


def test_a_host_that_lacks_nothing_is_accepted(fake: FakeHost) -> None:
    assert fake.uid != 0
    assert missing() == []
    host.require()


@pytest.mark.parametrize(("change", "what", "found", "mend"), LACKS.values(), ids=LACKS)
def test_what_is_missing_is_found_with_its_mend(
    fake: FakeHost, change: Change, what: str, found: list[str], mend: list[str]
) -> None:
    change(fake)
    (finding,) = missing()
    assert finding.what == what
    assert [word for word in found if word not in finding.found] == []
    assert [word for word in mend if word not in str(finding.mend)] == []


def test_all_causes_and_mends_come_in_one_error(fake: FakeHost) -> None:
    chosen = [LACKS[name] for name in ("package", "tun", "user namespaces limited to none", "memory", "disk")]
    for change, *_ in chosen:
        change(fake)
    with pytest.raises(LabError) as refusal:
        host.require()
    lines = str(refusal.value).splitlines()[1:]
    assert len(lines) == len(chosen)
    for line, (_, what, found, mend) in zip(lines, chosen, strict=True):
        assert [word for word in (what, *found, *mend) if word not in line] == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda h: h.write("/proc/sys/user/max_user_namespaces", "0\n"), id="no user namespaces"),
        pytest.param(lambda h: (h.remove("/etc/subuid"), h.remove("/etc/subgid")), id="no subordinate ids"),
    ],
)
def test_root_can_do_without(fake: FakeHost, change: Change) -> None:
    fake.uid = 0
    change(fake)
    assert missing() == []


@pytest.mark.parametrize(
    ("switch", "used"),
    [("user/max_user_namespaces", "network namespace alone"), ("kernel/unprivileged_userns_clone", "private user and")],
    ids=["refused to all", "refused to others"],
)
def test_root_is_told_which_namespaces_are_used(fake: FakeHost, switch: str, used: str) -> None:
    fake.uid = 0
    fake.write(f"/proc/sys/{switch}", "0\n")
    (finding,) = [finding for finding in host.examine() if finding.what == "user namespaces"]
    assert used in finding.used


def test_subordinate_ids_may_be_granted_by_number(fake: FakeHost) -> None:
    for file in ("/etc/subuid", "/etc/subgid"):
        fake.write(file, "1000:100000:65536\n")
    assert missing() == []


def test_a_filled_cache_needs_less_disk(fake: FakeHost, cache: Path) -> None:
    fake.free["disk"] = 5 * GIB
    (cache / "builds" / "golden-storage-0123456789abcdef").mkdir(parents=True)
    assert missing() == []
    fake.free["disk"] = 3 * GIB
    assert "4 GiB" in str(missing()[0].mend)


@pytest.mark.parametrize(
    ("available", "cluster", "storage"),
    [(100, 2560, 640), (10000, 4500, 1200), (100000, 6144, 1536)],
    ids=["least", "between", "most"],
)
def test_memory_is_divided_within_bounds(
    monkeypatch: pytest.MonkeyPatch, available: int, cluster: int, storage: int
) -> None:
    monkeypatch.setattr(host, "available_memory", lambda: available)
    assert (host.share().cluster_memory, host.share().storage_memory) == (cluster, storage)


@pytest.mark.parametrize(("allowed", "cluster", "storage"), [({4, 2, 3}, 4, 2), ({5}, 5, 5)], ids=["many", "one"])
def test_each_machine_gets_a_processor_that_this_process_may_use(
    monkeypatch: pytest.MonkeyPatch, allowed: set[int], cluster: int, storage: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed)
    assert (host.share().cluster_cpu, host.share().storage_cpu) == (cluster, storage)


@pytest.mark.parametrize(
    ("wanted", "cpus", "available", "carried"),
    [(1, 8, 64000, 1), (2, 2, 22000, 2), (4, 2, 64000, 2), (4, 8, 25000, 3), (2, 1, 64000, 1), (2, 2, 3500, 1)],
    ids=["one wanted", "two", "few processors", "little memory", "one processor", "least memory"],
)
def test_as_many_worlds_as_wanted_and_carried(
    monkeypatch: pytest.MonkeyPatch, wanted: int, cpus: int, available: int, carried: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cpus)))
    monkeypatch.setattr(host, "available_memory", lambda: available)
    assert host.worlds(wanted) == carried


def test_the_clusters_of_two_worlds_do_not_share_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(host, "available_memory", lambda: 20000)
    one, other = host.share(1, among=2), host.share(2, among=2)
    assert (one.cluster_cpu, one.storage_cpu, other.cluster_cpu, other.storage_cpu) == (1, 0, 0, 1)
    assert (one.cluster_memory, other.storage_memory) == (4500, 1200)


@pytest.mark.parametrize(
    ("change", "available"),
    [
        pytest.param(lambda _: None, 8000, id="tmpfs"),
        pytest.param(lambda h: h.free.update(memory=20000 * MIB), 10000, id="kernel"),
        pytest.param(lambda h: h.write("/sys/fs/cgroup/memory.max", f"{5000 * MIB}\n"), 5000, id="cgroup"),
        pytest.param(lambda h: h.write("/sys/fs/cgroup/memory.max", "max\n"), 8000, id="cgroup without limit"),
    ],
)
def test_available_memory_is_what_the_narrowest_leaves(fake: FakeHost, change: Change, available: int) -> None:
    change(fake)
    assert host.available_memory() == available


def test_administration_programs_are_found_last_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/usr/sbin")
    for _ in range(2):
        host.extend_path()
    assert os.environ["PATH"].split(":") == ["/usr/bin", "/usr/sbin", "/usr/local/sbin", "/sbin"]
