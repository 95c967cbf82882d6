"""A cluster that the suite knows by a kubeconfig file and a role alone is used, and left as it was."""

from pathlib import Path

from tests.lab_world import foreign_cluster, handmade_server
from tests.lab_world.foreign_cluster import CONTEXT
from tests.lab_world.suite_run import Finished, lab, run_suite

JUDGED = {
    "MOUNT-002": "suites/mount/test_uploaded_file_is_on_the_server.py",
    "VOLUME-001": "suites/volume/test_volume_and_claim_bind.py",
    "VOLUME-008": "suites/volume/test_two_nodes_write_at_the_same_time.py",
    "RECLAIM-001": "suites/reclaim/test_retain_keeps_the_data.py",
    "WORKLOAD-002": "suites/workload/test_mysql_runs_without_root_squash.py",
}
# What only shows on a node, or is done to it.
NOT_FROM_OUTSIDE = {"MOUNT-006": "suites/mount/test_missing_nfs_client_is_named.py"}


def test_a_cluster_elsewhere_is_used_with_the_rights_of_the_role_and_left_as_it_was(tmp_path: Path) -> None:
    # Its administrator has put the images on both nodes, as a run does with its own cluster that uses both.
    up = run_suite(tmp_path / "first", JUDGED["VOLUME-008"], "--nfs-versions=4.2", "--keep")
    assert up.code == 0, up.output
    server = handmade_server.start(tmp_path)
    kubeconfig = tmp_path / "suite.kubeconfig"
    foreign_cluster.grant(kubeconfig)
    target = tmp_path / "target.toml"
    target.write_text(server.target + foreign_cluster.section(kubeconfig))

    before = foreign_cluster.settled_inventory()
    judged = _run(tmp_path / "judged", target, *JUDGED.values(), *NOT_FROM_OUTSIDE.values())
    assert judged.ids("PASSED") == JUDGED.keys(), judged.output
    assert judged.ids("INCONCLUSIVE") == NOT_FROM_OUTSIDE.keys(), judged.output
    assert 'the scenario needs cluster.kind = "kind"' in judged.output
    foreign_cluster.wait_until_as(before)
    assert (judged.reports / "latest" / "certificate").is_dir()

    foreign_cluster.leave_something("left")
    foreign_cluster.clean_up(target)
    (left,) = foreign_cluster.inventory() - before
    assert left.startswith("Namespace left-of-others ")

    foreign_cluster.withdraw("persistentvolumes")
    lacking = _run(tmp_path / "lacking", target, JUDGED["VOLUME-001"])
    assert lacking.ids("INCONCLUSIVE") == {"VOLUME-001"}, lacking.output
    assert "the suite may not: create persistentvolumes; " in lacking.output
    assert "manifests/rbac/suite.yml" in lacking.output

    target.write_text(target.read_text().replace(CONTEXT, "production"))
    wrong = _run(tmp_path / "wrong", target, JUDGED["VOLUME-001"])
    assert (wrong.code, wrong.results) == (2, []), wrong.output
    assert "has no context 'production'" in wrong.output
    assert lab("down").returncode == 0


def _run(reports: Path, target: Path, *files: str) -> Finished:
    return run_suite(reports, *files, "--target", str(target), "--keep")
