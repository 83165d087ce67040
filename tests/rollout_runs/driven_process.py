"""A process that drives a rollout over a real state folder, for tests that kill it.

Its clusters are files: an upgrade writes a line when it begins and when it ends.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from seatrial.clock import WallClock
from seatrial.rollout.events import Health, Outcome
from seatrial.rollout_runs.driver import driving
from seatrial.rollout_runs.journal import open_rollout
from seatrial.rollout_runs.orders import ClusterOrder, ClusterResult, HealthResult
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.stop import FleetStop
from seatrial.store.sql import open_store


async def main(folder: Path, rollout: str) -> None:
    clock, store = WallClock(), open_store(folder / "seatrial.db")

    async def start(order: ClusterOrder) -> ClusterResult:
        with (folder / "log").open("a") as log:
            log.write(f"begin {order.run_id}\n")
        await clock.sleep(0.4)
        with (folder / "log").open("a") as log:
            log.write(f"end {order.run_id}\n")
        return ClusterResult(Outcome.SUCCEEDED)

    async def observe(order: ClusterOrder) -> HealthResult:
        return HealthResult(Health.HEALTHY)

    with driving(folder, rollout, "the process under test"):
        status = await RolloutRun(
            await open_rollout(store, rollout),
            clock=clock,
            worker="the process under test",
            start_cluster=start,
            observe_cluster=observe,
            stop=FleetStop(folder, store),
            inputs=folder,
            poll=0.1,
        ).run()
    sys.stdout.write(f"{status.happening}\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
