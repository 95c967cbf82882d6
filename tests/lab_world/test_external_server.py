"""A server that the suite did not start is judged by what its operator gives: one export, or hooks as well."""

import os
from pathlib import Path

import pytest

from tests.lab_world import handmade_server, lying_library
from tests.lab_world.handmade_server import HandmadeServer, Product
from tests.lab_world.suite_run import ONE_SCENARIO, Finished, lab, run_suite

ONE_EXPORT_IS_ENOUGH = {
    "MOUNT-002": "suites/mount/test_uploaded_file_is_on_the_server.py",
    "IO-005": "suites/io/test_names_are_kept.py",
    "SQUASH-003": "suites/squash/test_no_root_squash_keeps_root.py",
    "VOLUME-001": "suites/volume/test_volume_and_claim_bind.py",
    "VOLUME-008": "suites/volume/test_two_nodes_write_at_the_same_time.py",
    "MOUNT-005": "suites/mount/test_mount_options_of_a_volume_are_in_effect.py",
}
# And which hook would let it be judged.
MORE_IS_NEEDED = {
    "SQUASH-001": ("suites/squash/test_root_squash_makes_root_anonymous.py", "export_options"),
    "EXPORT-004": ("suites/export/test_defaults_of_an_export_line.py", "export_options"),
    "MOUNT-004": ("suites/mount/test_impossible_mounts_fail_in_time.py", "versions"),
    "IO-012": ("suites/io/test_full_disk_and_quota_reach_the_writer.py", "export_options"),
    "RECOVERY-002": ("suites/recovery/test_io_goes_on_after_server_was_killed.py", "kill"),
    "RECOVERY-014": ("suites/recovery/test_failing_disk_is_not_kept_secret.py", "export_options"),
    "RECOVERY-001": ("suites/recovery/test_io_goes_on_after_graceful_restart.py", "restart"),
    "EXPORT-007": ("suites/export/test_sync_export_keeps_what_it_acknowledged.py", "power_cut"),
}


def test_hooks_give_back_what_one_export_cannot_show(tmp_path: Path) -> None:
    server = _in_place(tmp_path)

    nowhere = _run(tmp_path, server.target.replace("10.99.0.3", "10.99.0.99"), ONE_EXPORT_IS_ENOUGH["MOUNT-002"])
    assert nowhere.code == 2, nowhere.output
    assert "!! server: port 2049 of 10.99.0.99 does not accept connections" in nowhere.output
    assert not (nowhere.reports / "latest").exists(), "nothing ran, so there is nothing to report"

    plain = _run(tmp_path, server.target)
    assert plain.ids("PASSED") == ONE_EXPORT_IS_ENOUGH.keys(), plain.output
    assert plain.ids("INCONCLUSIVE") == MORE_IS_NEEDED.keys(), plain.output
    for requirement, (_, hook) in MORE_IS_NEEDED.items():
        (line,) = [line for line in plain.results if line["id"].endswith(requirement)]
        assert f"server.hooks.{hook}" in line["message"], line
    assert (plain.reports / "latest" / "certificate").is_dir()

    hooked = _run(tmp_path, server.target_with_hooks)
    assert hooked.ids("PASSED") == ONE_EXPORT_IS_ENOUGH.keys() | MORE_IS_NEEDED.keys(), hooked.output
    assert hooked.code == 0, hooked.output
    published = "".join(file.read_text() for file in (hooked.reports / "latest" / "certificate").glob("*.*"))
    assert "ssh root@" not in published, "commands are not published"

    server.leave_out("4")
    lacking = _run(tmp_path, server.target.replace('["4.2"]', '["3", "4.2"]'), ONE_EXPORT_IS_ENOUGH["MOUNT-002"])
    assert {line["version"]: line["verdict"] for line in lacking.results} == {"3": "PASSED", "4.2": "FAILED"}
    assert "the server serves NFS 4.2, which the product declares" in lacking.output
    assert lab("down").returncode == 0


def test_behind_a_router_what_depends_on_addresses_is_not_judged(tmp_path: Path) -> None:
    server = _in_place(tmp_path)
    handmade_server.hide_clients()
    run = _run(
        tmp_path,
        server.target_with_hooks.replace('["4.2"]', '["3", "4.2"]'),
        "suites/export/test_export_is_served_to_its_clients_alone.py",
        "suites/mount/test_mount_options_of_a_volume_are_in_effect.py",
        "suites/recovery/test_new_locks_wait_for_the_grace_period.py",
    )
    assert "!  addresses: the server has a connection of client" in run.output
    assert run.ids("PASSED") == {"MOUNT-005", "RECOVERY-008"}, run.output
    assert run.ids("INCONCLUSIVE") == {"EXPORT-003", "RECOVERY-008"}, run.output
    assert not run.ids("FAILED"), run.output
    assert all("(NAT)" in line["message"] for line in run.results if line["verdict"] == "INCONCLUSIVE")


@pytest.mark.parametrize(
    ("functions", "scenario", "words"),
    [
        (
            lying_library.FSYNC,
            "suites/recovery/test_failing_disk_is_not_kept_secret.py",
            "every acknowledged change of files is",
        ),
        (lying_library.CHOWN, "suites/squash/test_no_root_squash_keeps_root.py", "sees both owners"),
    ],
    ids=["fsync does nothing", "chown does nothing"],
)
def test_a_server_that_lies_has_failed(functions: tuple[str, ...], scenario: str, words: str, tmp_path: Path) -> None:
    server = _in_place(tmp_path, handmade_server.GANESHA.lying(functions, tmp_path))
    run = _run(tmp_path, server.target_with_hooks, scenario)
    (line,) = run.results
    assert line["verdict"] == "FAILED", run.output
    assert words in line["message"]


def _in_place(folder: Path, product: Product = handmade_server.KNFSD) -> HandmadeServer:
    """The server in the place of the suite's own, in a world with a cluster."""
    up = run_suite(folder / "first", *ONE_SCENARIO, "--keep")
    assert up.code == 0, up.output
    return handmade_server.start(folder, product)


def _run(folder: Path, target: str, *files: str) -> Finished:
    file = folder / "target.toml"
    file.write_text(target)
    path = f"PATH={folder}:{os.environ['PATH']}"
    everything = (*ONE_EXPORT_IS_ENOUGH.values(), *(test for test, _ in MORE_IS_NEEDED.values()))
    return run_suite(
        folder, *(files or everything), "--target", str(file), "--profile=full", "--keep", prefix=["env", path]
    )
