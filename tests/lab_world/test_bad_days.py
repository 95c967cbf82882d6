"""A host that lacks something gets one clear message before anything is started, and nothing is left behind."""

import os
from pathlib import Path

import pytest

from lab import paths, state
from lab.build import tools
from lab.build.workshop import folder_of
from tests.lab_world.suite_run import ONE_SCENARIO, expect_nothing_left, lab, run_suite

# pytest's exit code for a usage error: nothing was collected, nothing was run.
USAGE_ERROR = 4


def changed_host(change: str) -> list[str]:
    """A command that runs the rest of its line in a mount namespace that a shell line has changed."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = f'{change} && exec "$@"'
    return ["unshare", *user, "--mount", "--propagation", "private", "--", "sh", "-c", script, "sh"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param("mount -t tmpfs none /dev/net", ["/dev/net/tun", "absent", "mknod"], id="no-tun"),
        pytest.param("mount -t tmpfs -o size=64m none /dev/shm", ["memory", "MiB", "enlarge /dev/shm"], id="no-memory"),
        pytest.param(
            "mount --bind /dev/null $(PATH=$PATH:/usr/sbin:/sbin command -v mke2fs)",
            ["host packages", "e2fsprogs", "make host-packages"],
            id="missing-tool",
        ),
        pytest.param(
            "mount -t tmpfs -o size=64m none /mnt && export NFS_CONFORMANCE_CACHE=/mnt/cache",
            ["disk", "GiB free", "NFS_CONFORMANCE_CACHE"],
            id="no-disk-space",
        ),
    ],
)
def test_lacking_host_is_told_what_to_do(tmp_path: Path, change: str, words: list[str]) -> None:
    run = run_suite(tmp_path, *ONE_SCENARIO, prefix=changed_host(change))
    assert run.code == USAGE_ERROR, run.output
    assert [word for word in words if word not in run.output] == [], run.output
    assert "Traceback" not in run.output
    assert list(tmp_path.iterdir()) == [], "no report of a run that was none"
    expect_nothing_left()


def test_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    with state.exclusive("another run"):
        run = run_suite(tmp_path, *ONE_SCENARIO)
    assert run.code == USAGE_ERROR, run.output
    assert f"in use by process {os.getpid()} (another run)" in run.output


def test_root_without_user_namespaces_has_a_lab_too(tmp_path: Path) -> None:
    # In a user namespace of its own a process is root, and may forbid further ones.
    refuse = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    run = run_suite(tmp_path, *ONE_SCENARIO, prefix=["unshare", "--user", "--map-root-user", "sh", "-c", refuse, "sh"])
    assert run.code == 0, run.output
    expect_nothing_left()


def test_damaged_and_half_written_cache_entries_are_built_again() -> None:
    assert lab("build").returncode == 0
    product = folder_of(tools.docker_client())
    with (product / "docker").open("ab") as program:
        program.truncate(1000)
    half = product.with_name(f"{product.name}.partial")
    half.mkdir()
    (half / "docker").write_text("half")
    mended = lab("build")
    assert mended.returncode == 0, mended.stderr
    assert f"cache entry {product.name} cannot be used" in mended.stderr
    assert (product / "docker").stat().st_size > 1000
    assert not half.exists()
    assert lab("build").stderr == "", "nothing is left to build"


def test_down_with_nothing_up() -> None:
    assert lab("down").stdout == "down: nothing was up\n"
    assert list(paths.world_folder().iterdir()) == []
