from __future__ import annotations

import asyncio

import msgspec
import pytest
from tests.rollout.builders import START, at, rollout
from tests.rollout_runs.world import World

from seatrial.errors import Unreachable
from seatrial.rollout.document import RolloutStage, digest
from seatrial.rollout.events import (
    Cancelled,
    ClusterRetried,
    ClusterSkipped,
    Health,
    Outcome,
    Paused,
    Resumed,
    StageApproved,
)
from seatrial.rollout.state import Phase
from seatrial.rollout.status import RolloutPhase
from seatrial.rollout_runs.journal import create_rollout, open_rollout
from seatrial.rollout_runs.orders import ClusterResult, HealthResult
from seatrial.store import Fenced, Stop

TEST = RolloutStage(name="test", clusters=("t1", "t2"), max_concurrent=2, soak=3600.0)
PROD = RolloutStage(name="prod", clusters=("p1", "p2", "p3"), max_concurrent=2, canary=1)


def changed(stage: RolloutStage, **changes: object) -> RolloutStage:
    return msgspec.structs.replace(stage, **changes)


def test_stages_follow_each_other_after_the_soak_with_the_canary_first() -> None:
    world = World(rollout(TEST, PROD))
    status = world.run()
    assert (status.phase, status.happening) == (RolloutPhase.SUCCEEDED, "ended: 5 upgraded")
    assert [(name, when) for name, _, when in world.clusters.started] == [
        ("t1", at(0)),
        ("t2", at(0)),
        ("p1", at(70)),
        ("p2", at(80)),
        ("p3", at(80)),
    ]


def test_a_failure_beyond_the_budget_waits_for_a_retry_and_only_that_cluster_runs_again() -> None:
    world = World(rollout(changed(TEST, soak=0.0)))
    world.clusters.outcomes["t2"] = [ClusterResult(Outcome.FAILED, "the quota is used up", "node-group/a")]
    seen = []

    async def person(world: World) -> None:
        await world.clock.sleep(7200)
        seen.append(world.drivers[0].status())
        await world.ask(ClusterRetried(at=world.clock.now(), cluster="t2", by="ann"))

    status = world.run(person)
    assert status.phase is RolloutPhase.SUCCEEDED
    assert [(name, run) for name, run, _ in world.clusters.started] == [
        ("t1", "spring-1.t1.1"),
        ("t2", "spring-1.t2.1"),
        ("t2", "spring-1.t2.2"),
    ]
    assert seen[0].waiting == "1 failed in stage test, which bears 0: t2"
    assert [(i.cause, i.clusters) for i in seen[0].incidents] == [
        ("node-group/a: the quota is used up", ("t2",))
    ]


def test_an_error_raised_for_one_cluster_stays_with_that_cluster() -> None:
    world = World(rollout(changed(TEST, soak=0.0, max_failures=1)))
    world.clusters.outcomes["t1"] = [Unreachable("nobody answers", where="t1")]
    status = world.run()
    assert status.happening == "ended: 1 upgraded, 1 failed (t1)"
    assert status.clusters[0].happening == "failed: t1: nobody answers"


def test_a_bug_in_one_cluster_does_not_end_the_rollout() -> None:
    world = World(rollout(changed(TEST, soak=0.0, max_failures=1)))
    world.clusters.outcomes["t1"] = [KeyError("spec")]
    status = world.run()
    assert status.clusters[0].happening == "failed: Seatrial has a bug: KeyError: 'spec'"
    assert status.clusters[1].phase is Phase.SUCCEEDED


def test_an_approval_written_by_another_process_is_seen() -> None:
    world = World(rollout(changed(PROD, approval=True)))

    async def person(world: World) -> None:
        await world.clock.sleep(3600)
        assert world.clusters.started == []
        approval = StageApproved(at=world.clock.now(), stage="prod", digest=digest(world.rollout), by="eva")
        await world.ask(approval)

    world.run(person)
    assert world.clusters.started[0] == ("p1", "spring-1.p1.1", at(60))


def test_pause_keeps_what_runs_and_starts_nothing_new() -> None:
    world = World(rollout(changed(PROD, canary=0, max_concurrent=1)))

    async def person(world: World) -> None:
        await world.clock.sleep(60)
        await world.ask(Paused(at=world.clock.now(), by="ann", why="lunch"))
        await world.clock.sleep(7140)
        assert world.clusters.names == ["p1"]
        assert world.drivers[0].status().clusters[0].phase is Phase.SUCCEEDED
        await world.ask(Resumed(at=world.clock.now(), by="ann"))

    status = world.run(person)
    assert status.phase is RolloutPhase.SUCCEEDED
    assert world.clusters.most_busy == 1


def test_the_fleet_wide_stop_holds_back_new_starts_until_it_is_lifted() -> None:
    world = World(rollout(changed(PROD, canary=0, max_concurrent=1)))

    async def person(world: World) -> None:
        await world.clock.sleep(60)
        world.switch.stop = Stop(by="bob", at=world.clock.now(), why="outage")
        await world.clock.sleep(7140)
        assert world.clusters.names == ["p1"]
        status = world.drivers[0].status()
        assert (status.phase, status.waiting) == (RolloutPhase.STOPPED, "the fleet-wide stop by bob: outage")
        world.switch.stop = None

    assert world.run(person).phase is RolloutPhase.SUCCEEDED


def test_cancel_lets_runs_end_and_says_what_was_done() -> None:
    world = World(rollout(TEST, PROD))

    async def person(world: World) -> None:
        await world.clock.sleep(60)
        await world.ask(Cancelled(at=world.clock.now(), by="ann", why="wrong release"))
        await world.clock.sleep(60)
        assert world.drivers[0].status().still_running == ("t1", "t2")

    status = world.run(person)
    assert (status.phase, status.happening) == (
        RolloutPhase.CANCELLED,
        "ended: cancelled by ann: wrong release",
    )
    assert world.clusters.names == ["t1", "t2"]


def test_health_that_cannot_be_read_after_the_soak_pauses() -> None:
    world = World(rollout(TEST, PROD))
    world.clusters.health["t2"] = [HealthResult(Health.INCONCLUSIVE, "the API did not answer")]

    async def person(world: World) -> None:
        await world.clock.sleep(36_000)
        assert world.clusters.names == ["t1", "t2"]
        assert world.drivers[0].status().waiting == "t2: the API did not answer"
        await world.ask(Resumed(at=world.clock.now(), by="ann", why="the API is back"))

    assert world.run(person).phase is RolloutPhase.SUCCEEDED


def test_a_skipped_cluster_is_named_at_the_end_with_who_and_why() -> None:
    world = World(rollout(changed(TEST, soak=0.0)))
    world.clusters.outcomes["t2"] = [ClusterResult(Outcome.BLOCKED, "removed API in use")]

    async def person(world: World) -> None:
        await world.clock.sleep(3600)
        await world.ask(ClusterSkipped(at=world.clock.now(), cluster="t2", by="ann", why="being rebuilt"))

    status = world.run(person)
    assert status.happening == "ended: 1 upgraded, 1 skipped (t2)"
    assert status.clusters[1].happening == "skipped: being rebuilt (ann)"


def test_after_a_kill_the_same_rollout_goes_on_with_the_runs_that_were_under_way() -> None:
    world = World(rollout(changed(TEST, soak=0.0), PROD))

    async def killed_then_again() -> RolloutPhase:
        first = world.driver(await create_rollout(world.store, world.rollout))
        driving = asyncio.create_task(first.run())
        await world.clock.sleep(300)
        driving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await driving
        second = world.driver(await open_rollout(world.store, world.rollout.id), "second")
        return (await second.run()).phase

    assert world.clock.run(killed_then_again()) is RolloutPhase.SUCCEEDED
    assert [run for _, run, _ in world.clusters.started[:5]] == [
        "spring-1.t1.1",
        "spring-1.t2.1",
        "spring-1.t1.1",
        "spring-1.t2.1",
        "spring-1.p1.1",
    ]


def test_a_process_that_was_taken_over_writes_nothing_more() -> None:
    world = World(rollout(changed(TEST, soak=0.0)))

    async def two_drivers() -> tuple[RolloutPhase, BaseException]:
        first = world.driver(await create_rollout(world.store, world.rollout))
        driving = asyncio.create_task(first.run())
        await world.clock.sleep(300)
        second = world.driver(await open_rollout(world.store, world.rollout.id), "second")
        done, lost = await asyncio.gather(second.run(), driving, return_exceptions=True)
        assert not isinstance(done, BaseException)
        assert isinstance(lost, BaseException)
        return done.phase, lost

    phase, lost = world.clock.run(two_drivers())
    assert phase is RolloutPhase.SUCCEEDED
    assert isinstance(lost, Fenced)


def test_a_request_that_overtakes_a_start_wins() -> None:
    """A pause is written between the decision to start and its journaling: nothing starts."""
    world = World(rollout(changed(TEST, soak=0.0)))
    asked = False

    async def stopped() -> Stop | None:
        nonlocal asked
        if not asked:
            asked = True
            journal = await open_rollout(world.store, world.rollout.id)
            await journal.request(Paused(at=START, by="ann"))
        return None

    world.switch.stopped = stopped  # type: ignore[method-assign]

    async def person(world: World) -> None:
        await world.clock.sleep(3600)
        assert world.clusters.started == []
        await world.ask(Resumed(at=world.clock.now(), by="ann"))

    assert world.run(person).phase is RolloutPhase.SUCCEEDED
