"""A control plane that restarts in the middle of a scenario makes it INCONCLUSIVE, and the next one has a whole cluster."""

from pathlib import Path

from lab import namespace, state
from lab.eventually import eventually
from lab.world import attach
from tests.lab_world.suite_run import SHORT_RUN, Finished, expect_nothing_left, started

LONG = "suites/workload/test_mysql_rows_survive_pod_deletion.py"
NEXT = "suites/volume/test_volume_and_claim_bind.py"


def test_what_a_restarted_api_server_touched_is_inconclusive(tmp_path: Path) -> None:
    with started(tmp_path, LONG, NEXT, "--nfs-versions", "4.2") as process:
        eventually(lambda: _evidence_of_its_mount(tmp_path), what="MySQL's pod to have its volume", within=SHORT_RUN)
        _kill_api_server()
        output, _ = process.communicate(timeout=SHORT_RUN)
    run = Finished(process.returncode, output, tmp_path)
    assert run.code == 1, output
    touched, other = run.results
    assert (touched["verdict"], touched["diagnoses"]) == ("INCONCLUSIVE", []), output
    assert "The control plane restarted while the scenario ran: kube-apiserver-" in touched["message"]
    assert "ended with exit code 137" in touched["message"]
    assert other["verdict"] == "PASSED", output
    assert "the control plane was not steady: kube-apiserver-" in output, "it is said at once"
    expect_nothing_left()


def _evidence_of_its_mount(reports: Path) -> bool:
    return bool(list(reports.glob("*/evidence/*/node-mount.txt")))


def _kill_api_server() -> None:
    recorded = state.load()
    assert recorded, "the lab is up"

    def kill() -> None:
        cluster = attach().machines["cluster"]
        node = "nfs-conformance-control-plane"
        cluster.docker("exec", node, "pkill", "-KILL", "-f", "^kube-apiserver ")

    namespace.ask_inside(recorded.holder, kill, within=60)
