"""A rollout driven by the real loop under simulated time, over clusters that a test makes up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.rollout.builders import START

from seatrial.clock import SimulatedClock
from seatrial.rollout.document import Rollout
from seatrial.rollout.events import Health, Outcome, Request
from seatrial.rollout.status import ClusterProgress, RolloutStatus
from seatrial.rollout_runs.journal import RolloutJournal, create_rollout, open_rollout, send_request
from seatrial.rollout_runs.orders import ClusterOrder, ClusterResult, HealthResult
from seatrial.rollout_runs.run import RolloutRun
from seatrial.store import Stop
from seatrial.store.memory import MemoryStore

UPGRADE = 600.0  # seconds that a made-up upgrade takes


class Clusters:
    """Starts and observes clusters; `outcomes` are used up attempt by attempt, then success."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.started: list[tuple[str, str, datetime]] = []
        self.outcomes: dict[str, list[ClusterResult | Exception]] = {}
        self.health: dict[str, list[HealthResult]] = {}
        self.busy = 0
        self.most_busy = 0

    async def start(self, order: ClusterOrder) -> ClusterResult:
        self.started.append((order.target.cluster, order.run_id, self.clock.now()))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            order.report(ClusterProgress(step="control-plane", done=1, total=3))
            await self.clock.sleep(UPGRADE)
            planned = self.outcomes.get(order.target.cluster, [])
            result = planned.pop(0) if planned else ClusterResult(Outcome.SUCCEEDED)
            if isinstance(result, Exception):
                raise result
            return result
        finally:
            self.busy -= 1

    async def observe(self, order: ClusterOrder) -> HealthResult:
        planned = self.health.get(order.target.cluster, [])
        return planned.pop(0) if planned else HealthResult(Health.HEALTHY)

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.started]


class Switch:
    """The fleet-wide stop, in memory."""

    def __init__(self) -> None:
        self.stop: Stop | None = None

    async def stopped(self) -> Stop | None:
        return self.stop


class World:
    def __init__(self, rollout: Rollout, inputs: Path = Path("/nowhere")) -> None:
        self.clock = SimulatedClock(START)
        self.rollout = rollout
        self.inputs = inputs
        self.store = MemoryStore()
        self.clusters = Clusters(self.clock)
        self.switch = Switch()
        self.drivers: list[RolloutRun] = []

    def run(self, *people: Callable[[World], Coroutine[Any, Any, None]]) -> RolloutStatus:
        """Create the rollout and drive it to its end, while `people` act beside it."""

        async def main() -> RolloutStatus:
            journal = await create_rollout(self.store, self.rollout)
            others = [asyncio.create_task(person(self)) for person in people]
            try:
                return await self.driver(journal).run()
            finally:
                for other in others:
                    await other

        return self.clock.run(main())

    def driver(self, journal: RolloutJournal, worker: str = "first") -> RolloutRun:
        run = RolloutRun(
            journal,
            clock=self.clock,
            worker=worker,
            start_cluster=self.clusters.start,
            observe_cluster=self.clusters.observe,
            stop=self.switch,
            inputs=self.inputs,
            poll=30.0,
        )
        self.drivers.append(run)
        return run

    async def ask(self, request: Request) -> None:
        await send_request(await open_rollout(self.store, self.rollout.id), request)
