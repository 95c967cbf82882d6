"""The world is timed by what no server has a part in."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from certify.errors import EnvironmentFailure
from certify.speed import SLOWNESS
from fixtures.clients.host import NfsClient
from fixtures.kube.namespace import Namespace
from fixtures.session.speed import FAST, Speed, time_world
from tests.fixtures_room.fakes import FakeContainer

DD = "20+0 records in\n20+0 records out\n81920 bytes (82 kB, 80 KiB) copied, 0.05 s, 1.6 MB/s\n"


@pytest.mark.parametrize(
    ("times", "slowness", "stretch"), [((1, 1, 1), 1, 1), ((0.5, 1, 0.5), 0.5, 1), ((2, 3, 1), 2, 3), ((9, 9, 9), 9, 5)]
)
def test_the_middle_counts_for_durations_and_the_slowest_for_deadlines(
    times: tuple[float, float, float], slowness: float, stretch: float
) -> None:
    process, sync, pod = times
    speed = Speed(process * FAST.process, sync * FAST.sync, pod * FAST.pod)
    assert speed.slowness == pytest.approx(slowness)
    assert speed.stretch == pytest.approx(stretch)
    assert speed.facts()[SLOWNESS] == pytest.approx(slowness)
    assert f"stretched by {stretch:.1f}" in str(speed)


def client(said: str) -> NfsClient:
    container = FakeContainer(answer=lambda argv: said if any("dd if=" in word for word in argv) else None)
    return NfsClient(cast("Any", container), "/mounts/speed")


def test_a_pod_of_a_namespace_of_its_own_is_timed_and_the_namespace_goes() -> None:
    deleted = []
    kube = SimpleNamespace(delete=lambda kind, name: deleted.append((kind, name)))
    made = []

    def create_pod(document: dict[str, Any]) -> Any:
        made.append(document["spec"]["containers"][0]["image"])
        return SimpleNamespace(wait_running=lambda: None)

    namespace = cast("Namespace", SimpleNamespace(kube=kube, name="speed-main-1", create_pod=create_pod))
    speed = time_world(client(DD), lambda: namespace, "small-image")
    assert speed.sync == pytest.approx(0.0025)
    assert made == ["small-image"]
    assert deleted == [("Namespace", "speed-main-1")]


def test_an_api_that_does_not_answer_is_the_worlds_failure() -> None:
    def open_namespace() -> Namespace:
        raise OSError("connection refused")

    with pytest.raises(EnvironmentFailure, match="API did not answer: connection refused"):
        time_world(client(DD), open_namespace, "image")


def test_a_dd_that_says_nothing_of_its_time_is_named() -> None:
    with pytest.raises(EnvironmentFailure, match="dd said nothing of its time: 'what'"):
        time_world(client("what"), lambda: cast("Namespace", None), "image")
