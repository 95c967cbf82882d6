"""A control plane that restarts makes what it touched INCONCLUSIVE, and the next scenario has a whole cluster."""

from pathlib import Path

from fixtures.servers.container_server import ROOT, VOLUMES
from lab import namespace, state
from lab.errors import LabError
from lab.eventually import eventually
from lab.world import attach
from tests.lab_world.suite_run import SHORT_RUN, Finished, expect_nothing_left, started

LONG = "suites/workload/test_mysql_rows_survive_pod_deletion.py"
NEXT = "suites/volume/test_volume_and_claim_bind.py"


def test_what_a_restarted_api_server_touched_is_inconclusive(tmp_path: Path) -> None:
    with started(tmp_path, LONG, NEXT, "--nfs-versions", "4.2") as process:
        eventually(_mysql_initialises, what="MySQL's first file on the server", within=SHORT_RUN, retry_on=(LabError,))
        _docker("cluster", "exec", "nfs-conformance-control-plane", "pkill", "-KILL", "-f", "^kube-apiserver ")
        output, _ = process.communicate(timeout=SHORT_RUN)
    run = Finished(process.returncode, output, tmp_path)
    assert run.code == 1, output
    touched, other = run.results
    assert touched["verdict"] == "INCONCLUSIVE", output
    assert "kube-apiserver ended and was started again while the scenario ran." in touched["message"]
    assert other["verdict"] == "PASSED", output
    assert "the control plane was not steady: kube-apiserver ended" in output, "it is said at once"
    expect_nothing_left()


def _mysql_initialises() -> bool:
    find = f"ls {ROOT}{VOLUMES}/*/ibdata1 2>/dev/null || true"
    return bool(_docker("storage", "exec", "nfs-conformance-knfsd", "sh", "-c", find))


def _docker(machine: str, *words: str) -> str:
    recorded = state.load()
    if recorded is None:
        raise LabError("no lab is up yet")
    return namespace.ask_inside(recorded.holder, lambda: attach().machines[machine].docker(*words).stdout, within=60)
