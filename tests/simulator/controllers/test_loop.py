"""The control loop by itself: queueing, waiting, giving up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tests.simulator.controllers.clusters import wait

from seatrial.clock import SimulatedClock
from seatrial.cluster.version import Minor
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import CONFIG_MAPS
from seatrial.simulator.controllers.loop import LATENCY, Change, ControlLoop, Key
from seatrial.simulator.controllers.plane import Plane
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import ResourceKey
from seatrial.simulator.workload_model import WorkloadModel


class Recorder:
    watches: Sequence[ResourceKey] = (CONFIG_MAPS,)

    def __init__(self, clock: SimulatedClock, answer: Callable[[], float | None]) -> None:
        self._clock = clock
        self._answer = answer
        self.seen: list[tuple[float, str]] = []

    def concerns(self, change: Change) -> Iterable[Key]:
        return (("default", change.obj["metadata"]["name"]),)

    def reconcile(self, namespace: str, name: str) -> float | None:
        self.seen.append((round(self._clock.monotonic(), 3), name))
        return self._answer()


def record(answer: Callable[[], float | None]) -> tuple[SimulatedCluster, Recorder, ControlLoop]:
    clock = SimulatedClock()
    cluster = SimulatedCluster("test", Minor(1, 33), clock)
    cluster.start()
    recorder = Recorder(clock, answer)
    loop = ControlLoop(Plane(cluster.store, cluster.verbs, clock, WorkloadModel()), (recorder,))
    loop.start()
    return cluster, recorder, loop


def touch(cluster: SimulatedCluster, name: str, value: int = 0) -> None:
    if cluster.store.raw(CONFIG_MAPS, "default", name):
        cluster.verbs.modify(CONFIG_MAPS, "default", name, lambda o: o.update(data={"v": str(value)}))
        return
    meta = {"name": name, "namespace": "default"}
    cluster.verbs.create(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})


def test_many_changes_of_one_moment_are_one_look() -> None:
    cluster, recorder, _ = record(lambda: None)
    for value in range(5):
        touch(cluster, "a", value)
    touch(cluster, "b")
    wait(cluster, 10)
    assert recorder.seen == [(LATENCY, "a"), (LATENCY, "b")]


def test_a_look_that_asks_for_another_gets_it_on_time_once() -> None:
    answers = iter([5.0, None])
    cluster, recorder, _ = record(lambda: next(answers))
    touch(cluster, "a")
    wait(cluster, 60)
    assert [when for when, _ in recorder.seen] == [LATENCY, round(2 * LATENCY + 5, 3)]


def test_what_keeps_failing_is_given_up_until_something_changes() -> None:
    def fail() -> float | None:
        raise ApiError(500, "no")

    cluster, recorder, loop = record(fail)
    touch(cluster, "a")
    wait(cluster, 7200)
    assert len(recorder.seen) == 16
    assert cluster.clock._next_due() is None
    touch(cluster, "a", 1)
    wait(cluster, 0.1)
    assert len(recorder.seen) == 17
    loop.stop()
    assert cluster.clock._next_due() is None


def test_a_batch_larger_than_one_tick_is_finished_at_the_same_moment() -> None:
    cluster, recorder, loop = record(lambda: None)
    for number in range(600):
        touch(cluster, f"m{number}")
    wait(cluster, LATENCY * 1.5)
    assert len(recorder.seen) == 600
    assert {when for when, _ in recorder.seen} == {LATENCY}
    assert loop.idle
