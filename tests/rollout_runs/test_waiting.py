"""Clusters that wait for somebody else: no slot, no task, reminded, and taken up when that is done."""

from __future__ import annotations

from datetime import timedelta

from tests.rollout.builders import START, rollout
from tests.rollout_runs.world import World

from seatrial.clock import SimulatedClock
from seatrial.rollout.document import RolloutStage
from seatrial.rollout.events import (
    Cancelled,
    ClusterHeld,
    ClusterReleased,
    ClusterSkipped,
    DifferencesAccepted,
    Outcome,
    OwnerReminded,
    decode_event,
)
from seatrial.rollout.state import Phase
from seatrial.rollout.status import RolloutPhase
from seatrial.rollout_runs.journal import open_rollout
from seatrial.rollout_runs.orders import ClusterEnd, ClusterOrder, ClusterOutside, ClusterResult, ClusterWaits
from seatrial.rollout_runs.run import RolloutRun

ONE_BY_ONE = rollout(RolloutStage(name="all", clusters=("a", "b", "c")))
DAY = 86_400.0


class Waiting(World):
    """Cluster "a" waits for terraform until `done_at`; looks at it are counted."""

    def __init__(self, done_after: float, of=ONE_BY_ONE) -> None:  # type: ignore[no-untyped-def]
        super().__init__(of)
        self.done_at = START + timedelta(seconds=done_after)
        self.looks = 0
        self.turns: list[tuple[str, bool]] = []

    async def start(self, order: ClusterOrder) -> ClusterEnd:
        self.turns.append((order.run_id, order.give_up))
        if order.give_up:
            return ClusterResult(Outcome.CANCELLED, "given up")
        if order.target.cluster == "a" and self.clock.now() < self.done_at:
            return ClusterWaits("terraform", "merge the branch.", START)
        return await self.clusters.start(order)

    async def look(self, order: ClusterOrder) -> bool:
        self.looks += 1
        return self.clock.now() >= self.done_at

    def driver(self, journal, worker: str = "first") -> RolloutRun:  # type: ignore[no-untyped-def]
        run = RolloutRun(
            journal,
            clock=self.clock,
            worker=worker,
            start_cluster=self.start,
            observe_cluster=self.clusters.observe,
            stop=self.switch,
            inputs=self.inputs,
            poll=30.0,
            look_at_owner=self.look,
        )
        self.drivers.append(run)
        return run


def test_a_waiting_cluster_lets_others_go_first_and_goes_on_under_its_own_id() -> None:
    world = Waiting(3 * DAY)
    status = world.run()
    assert status.phase is RolloutPhase.SUCCEEDED
    assert world.clusters.names == ["b", "c", "a"]
    assert [run_id for run_id, _ in world.turns if ".a." in run_id] == ["spring-1.a.1"] * 2
    assert world.clusters.most_busy == 1
    assert world.looks < 500  # in three days, at most every ten minutes


def test_status_says_since_when_for_whom_and_for_what_and_reminders_are_journaled() -> None:
    world = Waiting(3.5 * DAY)
    seen = []

    async def watch(world: World) -> None:
        await world.clock.sleep(2.2 * DAY)
        seen.append(world.drivers[0].status())

    world.run(watch)
    status = seen[0]
    assert status.phase is RolloutPhase.WAITING_FOR_CUSTOMER
    assert status.waiting == "a for terraform: merge the branch."
    a = status.clusters[0]
    assert (a.phase, a.waiting_for, a.waiting_since, a.reminders) == (Phase.WAITING, "terraform", START, 2)
    assert a.waiting == "terraform since 2026-03-02 09:00 UTC (reminded 2 times): merge the branch."
    assert status.still_running == ()
    entries = SimulatedClock().run(world.store.events(ONE_BY_ONE.id))
    reminded = [e for e in (decode_event(x.event) for x in entries) if isinstance(e, OwnerReminded)]
    assert [round((each.at - START) / timedelta(days=1), 2) for each in reminded] == [1.0, 2.0, 3.0]
    assert len(entries) < 20


def test_a_new_driver_looks_at_once() -> None:
    world = Waiting(DAY)

    async def main() -> None:
        from seatrial.rollout_runs.journal import create_rollout

        journal = await create_rollout(world.store, world.rollout)
        import asyncio

        first = asyncio.create_task(world.driver(journal).run())
        await world.clock.sleep(DAY + 60)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        world.turns.clear()
        began = world.clock.now()
        await world.driver(await open_rollout(world.store, world.rollout.id), "second").run()
        assert world.clock.now() - began < timedelta(minutes=30)

    world.clock.run(main())


def test_a_skip_gives_the_parked_run_up_so_that_it_puts_back_what_it_holds() -> None:
    world = Waiting(100 * DAY)

    async def person(world: World) -> None:
        await world.clock.sleep(DAY)
        await world.ask(ClusterSkipped(at=world.clock.now(), cluster="a", by="ann", why="they never answer"))

    status = world.run(person)
    assert status.phase is RolloutPhase.SUCCEEDED
    assert world.turns[-1] == ("spring-1.a.1", True)
    assert (status.clusters[0].phase, status.clusters[0].happening) == (
        Phase.SKIPPED,
        "skipped: they never answer (ann)",
    )


def test_a_cancel_ends_parked_runs_too() -> None:
    world = Waiting(100 * DAY)

    async def person(world: World) -> None:
        await world.clock.sleep(DAY)
        await world.ask(Cancelled(at=world.clock.now(), by="ann", why="wrong release"))

    assert world.run(person).phase is RolloutPhase.CANCELLED
    assert world.turns[-1] == ("spring-1.a.1", True)


def test_a_person_holds_a_cluster_back_for_the_customers_answer() -> None:
    world = World(ONE_BY_ONE)
    seen = []

    async def person(world: World) -> None:
        await world.clock.sleep(60)
        held = ClusterHeld(
            at=world.clock.now(), cluster="b", owner="Acme", what="their answer on ticket 7", by="ann"
        )
        await world.ask(held)
        await world.clock.sleep(2.2 * DAY)
        seen.append(world.drivers[0].status())
        await world.ask(ClusterReleased(at=world.clock.now(), cluster="b", by="ann"))

    assert world.run(person).phase is RolloutPhase.SUCCEEDED
    assert seen[0].waiting == "b for Acme: their answer on ticket 7"
    assert world.clusters.names == ["a", "c", "b"]


def test_a_plan_outside_its_envelope_pauses_that_cluster_alone_until_it_is_accepted() -> None:
    world = Waiting(0)
    seen = []
    differing = ("the cluster runs 1.31; when this was approved it was taken to run 1.33",)
    starts = world.start

    async def start(order: ClusterOrder) -> ClusterEnd:
        if order.target.cluster == "b" and not order.accepted:
            return ClusterOutside(differing)
        return await starts(order)

    world.start = start  # type: ignore[method-assign]

    async def person(world: World) -> None:
        await world.clock.sleep(DAY)
        seen.append(world.drivers[0].status())
        accepted = DifferencesAccepted(
            at=world.clock.now(), cluster="b", differences=differing, by="ann", why="known"
        )
        await world.ask(accepted)

    assert world.run(person).phase is RolloutPhase.SUCCEEDED
    assert world.clusters.names == ["a", "c", "b"]
    (status,) = seen
    assert status.phase is RolloutPhase.NEEDS_APPROVAL
    assert status.waiting == f"not what was approved: b: {differing[0]}"
    assert "`seatrial rollout accept spring-1 b --why …` goes on with it as it is" in status.next
    assert status.clusters[1].differences == differing
