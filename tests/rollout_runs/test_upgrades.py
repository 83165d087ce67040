from __future__ import annotations

import asyncio

import pytest
from tests.plan import builders
from tests.rollout.builders import START, rollout

from seatrial.clock import SimulatedClock
from seatrial.cluster_runs.performing import StepContext, StepResult, failed, succeeded
from seatrial.errors import Unreachable
from seatrial.plan import Fact, Plan, Step
from seatrial.rollout.document import RolloutStage, digest
from seatrial.rollout.events import ClusterRunStarted, Outcome, RolloutStarted
from seatrial.rollout.state import fold
from seatrial.rollout.status import ClusterProgress
from seatrial.rollout_runs.orders import ClusterOrder, ClusterResult
from seatrial.rollout_runs.progress import read_progress
from seatrial.rollout_runs.upgrades import Blocked, ClusterUpgrades, NothingToDo
from seatrial.store.memory import MemoryStore

OF = rollout(RolloutStage(name="test", clusters=("t1",)))


class Cluster:
    """Scripted: which plans it gets, which steps fail how often, and what was performed."""

    def __init__(self, clock: SimulatedClock, *plans: Plan | NothingToDo | Blocked | Exception) -> None:
        self.clock = clock
        self.plans = list(plans)
        self.failures: dict[str, int] = {}
        self.performed: list[str] = []

    async def plan(self, order: ClusterOrder) -> Plan | NothingToDo | Blocked:
        found = self.plans.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def performer(self, order: ClusterOrder, plan: Plan) -> Cluster:
        return self

    async def rehearse(self, order: ClusterOrder, plan: Plan) -> str:
        return ""

    async def observe(self, fact: Fact) -> str:
        return fact.value

    async def perform(self, step: Step, context: StepContext) -> StepResult:
        await context.progress("half way")
        await self.clock.sleep(60)
        self.performed.append(step.id)
        if self.failures.get(step.id, 0):
            self.failures[step.id] -= 1
            return failed("the quota is used up")
        return succeeded()


class World:
    def __init__(self, *plans: Plan | NothingToDo | Blocked | Exception) -> None:
        self.clock = SimulatedClock(START)
        self.store = MemoryStore()
        self.cluster = Cluster(self.clock, *plans)
        self.reports: list[ClusterProgress] = []

    async def upgrade(self, attempt: int = 1) -> ClusterResult:
        upgrades = ClusterUpgrades(self.store, self.clock, "here", self.cluster)
        cluster = OF.cluster("t1")
        return await upgrades(
            ClusterOrder(
                rollout=OF.id,
                run_id=f"{OF.id}.t1.{attempt}",
                attempt=attempt,
                target=cluster.target,
                revision=cluster.revision,
                fixes=(),
                by="ann",
                report=self.reports.append,
            )
        )


def hop(version: str, *left: str) -> Plan:
    return builders.plan(
        builders.step("preflight"),
        builders.step(f"to-{version}", None, "preflight", undo_commands=(f"undo {version}",)),
        to_version=version,
        hops_left=left,
    )


def test_each_minor_is_planned_after_the_one_before_was_run() -> None:
    world = World(hop("1.34.2", "1.35"), hop("1.35.1"))
    result = world.clock.run(world.upgrade())
    assert result == ClusterResult(Outcome.SUCCEEDED, undo=("undo 1.35.1", "undo 1.34.2"))
    assert world.cluster.performed == ["preflight", "to-1.34.2", "preflight", "to-1.35.1"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Blocked("removed API in use"), ClusterResult(Outcome.BLOCKED, "removed API in use")),
        (NothingToDo("at 1.34 already"), ClusterResult(Outcome.SUCCEEDED, "at 1.34 already")),
        (Unreachable("no answer", where="t1"), ClusterResult(Outcome.BLOCKED, "t1: no answer")),
    ],
)
def test_a_cluster_that_gets_no_plan_is_not_touched(
    found: Blocked | NothingToDo | Exception, expected: ClusterResult
) -> None:
    world = World(found)
    assert world.clock.run(world.upgrade()) == expected
    assert world.cluster.performed == []


def test_what_blocks_after_the_first_minor_is_a_failure() -> None:
    world = World(hop("1.34.2", "1.35"), Blocked("removed API in use"))
    assert world.clock.run(world.upgrade()).outcome is Outcome.FAILED


def test_a_failed_step_is_named_with_how_to_undo_what_was_done() -> None:
    world = World(hop("1.34.2"))
    world.cluster.failures = {"to-1.34.2": 1}
    assert world.clock.run(world.upgrade()) == ClusterResult(
        Outcome.FAILED, "the quota is used up", "to-1.34.2"
    )


def test_a_retry_closes_the_stuck_run_and_makes_a_new_plan() -> None:
    world = World(hop("1.34.2"), hop("1.34.2"))
    world.cluster.failures = {"to-1.34.2": 1}

    async def twice() -> ClusterResult:
        await world.upgrade()
        return await world.upgrade(attempt=2)

    assert world.clock.run(twice()).outcome is Outcome.SUCCEEDED
    streams = world.clock.run(world.store.streams(parent=OF.id))
    assert [(stream.id, stream.state) for stream in streams] == [
        ("spring-1.t1.1.1", "cancelled"),
        ("spring-1.t1.2.1", "succeeded"),
    ]


def test_after_a_kill_the_begun_run_goes_on_and_no_second_plan_is_made() -> None:
    world = World(hop("1.34.2"))

    async def killed_then_again() -> ClusterResult:
        first = asyncio.create_task(world.upgrade())
        await world.clock.sleep(90)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        return await world.upgrade()

    assert world.clock.run(killed_then_again()).outcome is Outcome.SUCCEEDED
    assert world.cluster.performed == ["preflight", "to-1.34.2"]


def test_another_process_reads_how_far_a_cluster_is() -> None:
    world = World(hop("1.34.2"))

    async def look() -> dict[str, ClusterProgress]:
        task = asyncio.create_task(world.upgrade())
        await world.clock.sleep(90)
        started = [
            RolloutStarted(at=START, digest=digest(OF), by="ann"),
            ClusterRunStarted(
                at=START, cluster="t1", attempt=1, run_id="spring-1.t1.1", revision=OF.cluster("t1").revision
            ),
        ]
        found = await read_progress(world.store, fold(OF, started))
        await task
        return found

    seen = ClusterProgress(step="to-1.34.2", done=1, total=2, detail="to-1.34.2: half way")
    assert world.clock.run(look()) == {"t1": seen}
    assert seen in world.reports
