"""A writer on its way through a schedule of faults, and what is told when it loses something; faults that mend all."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify.errors import EnvironmentFailure, TargetError, Violation
from certify.evidence import Evidence
from fixtures.clients.container import ContainerMachine
from fixtures.clients.host import NfsClient
from fixtures.faults.ledger import Ledger
from fixtures.faults.plan import FaultPlan
from fixtures.faults.power import StoragePower
from fixtures.faults.schedule import KINDS, Schedule
from fixtures.faults.trial import REPLAYS, Faults, every_kind, go_through, shortest_failing, to_run_again
from fixtures.servers.server import Export
from fixtures.session.options import fault_plan, hand_to_worker
from suites.recovery import test_random_faults_lose_nothing as scenario
from tests.fixtures_room.fakes import FakeContainer

WHOLE = Schedule.parse("after 10 changes: kill; after 20 more: partition of 4 s; after 30 more: power cut")


class FakeWriter:
    """Notes what it is asked for; it meets `error` after so many waits."""

    def __init__(self, diary: list[str], error: str = "", after: int = 0) -> None:
        self._diary, self._error, self._after = diary, error, after
        self.limits: list[float] = []

    def wait_for(self, changes: int, *, within: float) -> None:
        self._diary.append(f"{changes} changes")
        self.limits.append(within)

    def ledger(self) -> Ledger:
        return Ledger("seed", {}, error=self._error if len(self.limits) >= self._after else "")

    def stop(self) -> Ledger:
        self._diary.append("stop")
        return self.ledger()


def _faults(diary: list[str]) -> Faults:
    @contextmanager
    def fault(name: str) -> Iterator[None]:
        diary.append(name)
        yield
        diary.append(f"no {name}")

    return {kind.name: lambda name=kind.name: fault(name) for kind in KINDS}  # type: ignore[misc]


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens, in order; nobody sleeps."""
    entries: list[str] = []

    def sleep(seconds: float) -> None:
        if seconds:
            entries.append(f"{seconds} s")

    monkeypatch.setattr("fixtures.faults.trial.time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
    return entries


def test_faults_strike_one_after_another_while_the_writer_works(diary: list[str]) -> None:
    writer = FakeWriter(diary)
    assert not go_through(WHOLE, _faults(diary), cast(Any, writer)).error
    assert diary == [
        *("10 changes", "kill", "no kill"),
        *("20 changes", "partition", "4 s", "no partition"),
        *("30 changes", "power cut", "no power cut"),
        *("25 changes", "stop"),
    ]
    assert all(0 < limit <= 180 for limit in writer.limits)


def test_an_error_of_the_writer_ends_the_schedule(diary: list[str]) -> None:
    ledger = go_through(WHOLE, _faults(diary), cast(Any, FakeWriter(diary, "EIO", after=2)))
    assert ledger.error == "EIO"
    assert "power cut" not in diary


def test_a_schedule_has_a_time_limit_of_its_own(diary: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 10.0, 350.0, 363.0, 9999.0])
    clock = SimpleNamespace(sleep=lambda _: None, monotonic=lambda: next(moments))
    monkeypatch.setattr("fixtures.faults.trial.time", clock)
    writer = FakeWriter(diary)
    go_through(WHOLE, _faults(diary), cast(Any, writer))
    assert writer.limits == [180, 180 + 3 * 60 + 4 - 350, 1, 0]


def test_the_shortest_schedule_that_fails_is_found_within_its_replays() -> None:
    folders: list[str] = []

    def lose_by_power_cut(schedule: Schedule, folder: str) -> None:
        folders.append(folder)
        if any(fault.kind == "power cut" for fault in schedule.faults):
            raise Violation("all is there", expected=0, seen=1)

    shortest, tries = shortest_failing(WHOLE, lose_by_power_cut)
    assert str(shortest) == "after 60 changes: power cut"
    assert folders == [f"replay-{number}" for number in range(1, tries + 1)]
    assert tries <= REPLAYS


def test_a_world_that_breaks_proves_nothing_of_the_server() -> None:
    def break_the_world(schedule: Schedule, folder: str) -> None:
        raise EnvironmentFailure(f"{folder}: {schedule}")

    shortest, tries = shortest_failing(WHOLE, break_the_world)
    assert shortest == WHOLE
    assert tries <= REPLAYS


def test_options_run_a_schedule_again() -> None:
    assert to_run_again(Schedule(WHOLE.faults, 17)) == "--fault-seed 17"
    assert to_run_again(WHOLE.without(0, 2)) == "--fault-schedule 'after 60 changes: power cut'"


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_after_every_kind_of_fault_the_world_is_whole_again(kind: str) -> None:
    done: list[str] = []
    container = FakeContainer(answer=lambda argv: done.append(" ".join(argv)))
    server = SimpleNamespace(endpoint="10.99.0.3", ensure_serving=lambda: done.append("serving"))
    restartable = SimpleNamespace(restart=lambda: done.append("restart"), kill=lambda: done.append("kill"))
    switch = SimpleNamespace(cut_power=lambda _: done.append("off"), restore_power=lambda _: done.append("on"))
    faults = every_kind(
        NfsClient(ContainerMachine(cast(Any, container), "kind"), "/mnt/nfs/x"),
        cast(Any, server),
        cast(Any, restartable),
        StoragePower(cast(Any, switch), cast(Any, server)),
    )
    with pytest.raises(KeyError), faults[kind]():
        done.append("meanwhile")
        raise KeyError
    before, after = done[: done.index("meanwhile")], done[done.index("meanwhile") + 1 :]
    wanted = {
        "power cut": (["off"], ["on", "serving"]),
        "restart": (["restart"], ["serving"]),
        "kill": (["kill"], ["serving"]),
        "partition": (["ip route add 10.99.0.3 dev lo"], ["ip route del 10.99.0.3 dev lo"]),
    }
    if kind == "poor network":
        assert "qdisc add" in before[0]
        assert "qdisc del" in after[0]
    else:
        assert (before, after) == wanted[kind]


def test_a_restart_that_fails_leaves_a_server_that_serves() -> None:
    done: list[str] = []

    def fail() -> None:
        raise EnvironmentFailure("it does not stop")

    server = SimpleNamespace(endpoint="", ensure_serving=lambda: done.append("serving"))
    none = cast(Any, SimpleNamespace(cut=None))
    faults = every_kind(none, cast(Any, server), cast(Any, SimpleNamespace(restart=fail)), none)
    with pytest.raises(EnvironmentFailure, match="it does not stop"), faults["restart"]():
        pass
    assert done == ["serving"]


def _config(**options: str) -> Any:
    return SimpleNamespace(stash=pytest.Stash(), getoption=options.get)


def test_options_say_which_faults_come() -> None:
    assert fault_plan(_config(fault_seed="17")) == FaultPlan(17)
    assert fault_plan(_config(fault_seed="17", soak="90s")).soak == 90
    assert fault_plan(_config(fault_seed="17", soak="30m")).soak == 1800
    assert fault_plan(_config(soak="24h")).soak == 86400
    assert fault_plan(_config(fault_schedule=str(WHOLE))).written == str(WHOLE)


def test_a_seed_is_drawn_once_a_run_and_handed_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    config, worker = _config(), _config()
    worker.workerinput = {}
    monkeypatch.setattr("fixtures.session.options.engine_choice", lambda _: WHOLE)  # any dataclass
    hand_to_worker(config, worker.workerinput)
    assert fault_plan(worker) == fault_plan(config)
    assert len({fault_plan(_config()).seed for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fault_seed": "-1"}, "--fault-seed=-1: use a whole number of 0 or more"),
        ({"fault_seed": ""}, "--fault-seed=: use a whole number"),
        ({"fault_seed": "9" * 19}, "--fault-seed=9+: use a whole number"),
        ({"soak": "2"}, "--soak=2: use a number and s, m or h, such as 30m or 2h, of 24h at most"),
        ({"soak": "0s"}, "--soak=0s: use a number"),
        ({"soak": "25h"}, "--soak=25h: use a number"),
        ({"fault_schedule": "flood"}, "--fault-schedule=\"flood\": 'flood' is no fault of a schedule; write it as"),
        ({"fault_schedule": str(WHOLE), "soak": "1h"}, "leave out --fault-seed and --soak"),
        ({"fault_schedule": str(WHOLE), "fault_seed": "1"}, "leave out --fault-seed and --soak"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(TargetError, match=message):
        fault_plan(_config(**options))


class FakeWorld:
    """What the scenario gets for its fixtures: everything that is written is lost when the fault `guilty` strikes."""

    def __init__(self, diary: list[str], folder: Path, guilty: str) -> None:
        self.evidence = Evidence(folder, folder / "evidence")
        self._diary, self._guilty = diary, guilty
        self.folders: list[str] = []

    def run(self, *schedules: Schedule) -> None:
        def prove(_: Export, __: Ledger, folder: str) -> None:
            self.folders.append(folder)
            struck = self._diary.count(self._guilty)
            self._diary.clear()
            self.evidence.expect(not struck, "all is there", expected="all", seen=f"{struck} lost")

        scenario.test_random_faults_lose_nothing(
            export=lambda options: Export("a", "/a", options),  # type: ignore[arg-type]
            nfs_version="4.2",
            writing=lambda *_, **__: cast(Any, FakeWriter(self._diary)),
            faults=_faults(self._diary),
            schedules=iter(schedules),
            all_there=prove,  # type: ignore[arg-type]
            evidence=self.evidence,
        )


def test_the_scenario_goes_through_every_schedule_in_a_folder_of_its_own(diary: list[str], tmp_path: Path) -> None:
    world = FakeWorld(diary, tmp_path, guilty="nothing")
    world.run(WHOLE, Schedule(WHOLE.faults, 17))
    assert world.folders == ["schedule-1", "schedule-2"]
    assert world.evidence.steps[1].title == f"schedule-2: seed 17: {WHOLE}"
    assert [figure.name for figure in world.evidence.measured] == ["longest pause of a writer"]


def test_the_scenario_names_the_shortest_schedule_that_fails_and_how_to_run_it(
    diary: list[str], tmp_path: Path
) -> None:
    world = FakeWorld(diary, tmp_path, guilty="power cut")
    with pytest.raises(Violation, match="nothing acknowledged is lost, whatever faults come") as raised:
        world.run(Schedule(WHOLE.faults, 17), WHOLE)
    assert world.folders[0] == "schedule-1"
    assert all(folder.startswith("replay-") for folder in world.folders[1:])
    told = raised.value.seen
    assert told.startswith("after 60 changes: power cut\nis the shortest schedule that failed")
    command = "pytest suites/recovery/test_random_faults_lose_nothing.py --nfs-versions 4.2"
    assert f"{command} --fault-schedule 'after 60 changes: power cut'\n" in told
    assert f"{command} --fault-seed 17\n" in told
    assert "1 lost" in told
    assert (Path(__file__).parents[2] / command.split()[1]).exists()
