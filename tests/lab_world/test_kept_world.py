"""A kept world: runs join it, leave nothing in it, and replace it when it hangs."""

import os
import signal
import subprocess
from pathlib import Path

from lab import paths
from lab.errors import LabError
from lab.eventually import eventually
from lab.processes import ProcessId
from tests.lab_world.inventory import (
    CLOCK_SOURCE,
    Inventory,
    changed,
    clock_sources,
    difference,
    expect_same,
    of_host,
    of_lab,
)
from tests.lab_world.suite_run import (
    ONE_SCENARIO,
    SHORT_RUN,
    Finished,
    expect_nothing_left,
    run_suite,
    started,
)

# What scenarios make: mounts, a small file system, a second client, claims, storage classes, pods; one of them fails.
BUSY = (
    "suites/mount/test_client_mounts_an_export.py",
    "suites/io/test_closed_file_is_seen_by_the_other_host.py",
    "suites/io/test_full_disk_and_quota_reach_the_writer.py",
    "suites/volume/test_storage_class_selects_the_volume.py",
    "suites/squash/test_chown_as_root_is_refused.py",
    *("--nfs-versions", "4.2", "--sabotage", "force-no-root-squash", "-n", "2"),
)
PASS = {"MOUNT-001", "IO-001", "IO-012", "VOLUME-006"}
FAIL = {"SQUASH-002"}
# An inventory that does not see these come would not see them stay.
MADE = {
    "containers",
    "NFS mounts",
    "files of exports",
    "effective exports",
    "directories of exports",
    "small file systems",
    "mounts of the server",
    "namespaces",
    "volumes of the cluster",
    "storage classes",
    "pods",
}


def test_kept_world_is_joined_left_as_it_was_and_replaced_when_it_hangs(tmp_path: Path) -> None:
    host = of_host()
    first = run_suite(tmp_path, *BUSY, "--keep")
    assert first.ids("PASSED") == PASS, first.output
    machines = _machines()
    assert len(machines) in (2, 4), "a world for each of the two workers, if the host carries them"
    trusted = CLOCK_SOURCE.exists() and CLOCK_SOURCE.read_text() == "tsc\n"
    assert clock_sources() == {"tsc" if trusted else "timer"}, "as the host trusts its processor's counter"

    before = of_lab()
    busy = _run_watched(tmp_path, before)
    assert (busy.ids("PASSED"), busy.ids("FAILED")) == (PASS, FAIL), busy.output
    assert _machines() == machines, "the second run uses the machines of the first"
    expect_same(before)
    assert difference(host, of_host()) == []

    os.kill(machines["world/storage"].child(), signal.SIGSTOP)  # the machine's kernel
    third = run_suite(tmp_path, *ONE_SCENARIO)
    assert third.code == 0, third.output
    assert "the kept world does not answer and is replaced" in third.output
    assert not any(machine.alive() for machine in machines.values())
    expect_nothing_left()
    assert difference(host, of_host()) == []


def _run_watched(reports: Path, before: Inventory) -> Finished:
    """A run of many scenarios at once, of which everything in `MADE` is seen to come."""
    seen: set[str] = set()

    def look(process: "subprocess.Popen[str]") -> bool:
        seen.update(changed(before, of_lab()))
        return seen >= MADE or process.poll() is not None

    with started(reports, *BUSY, "--keep") as process:
        watched = f"scenarios to make {', '.join(sorted(MADE))}"
        eventually(lambda: look(process), what=watched, within=SHORT_RUN, every=3, retry_on=(LabError,))
        output, _ = process.communicate(timeout=SHORT_RUN)
    assert MADE - seen == set(), output
    return Finished(process.returncode, output, reports)


def _machines() -> dict[str, ProcessId]:
    """By their folders: world/storage, world-2/storage, ..."""
    cache = paths.cache_folder()
    files = cache.glob("world*/*/process")
    return {str(file.parent.relative_to(cache)): process for file in files if (process := ProcessId.load(file))}
