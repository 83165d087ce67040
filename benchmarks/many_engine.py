"""One process that drives the modelled fleet, for the benchmarks that measure or kill it.

python -m benchmarks.many_engine whole|until-killed|again FOLDER URL-OR-EMPTY CLUSTERS CONCURRENCY
"""

from __future__ import annotations

import asyncio
import heapq
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from benchmarks.modelled_fleet import (
    START,
    ModelledCluster,
    ModelledFleet,
    OperationsFile,
    modelled_clusters,
    rollout_of,
)
from seatrial.clock import Clock, SimulatedClock, WallClock
from seatrial.rollout.document import RolloutStage
from seatrial.rollout_runs.journal import RolloutJournal, create_rollout, open_rollout
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.stop import FleetStop
from seatrial.rollout_runs.upgrades import ClusterUpgrades
from seatrial.store.database import Database, Transaction
from seatrial.store.location import PostgresAddress
from seatrial.store.postgres import open_postgres
from seatrial.store.sql import SqlStore, open_store

SOAK = 600.0


class Whole(msgspec.Struct, frozen=True):
    """How a rollout went, in seconds."""

    simulated: float
    critical_path: float
    driving: float
    """Wall seconds of the loop, without starting Python."""
    entries: int
    """Journal entries of all streams."""
    operations: int
    repeated: int
    happening: str


def stages(names: list[str], concurrency: int) -> tuple[RolloutStage, ...]:
    """One in a hundred first, then a fifth, then the rest at full width; ten minutes of soak each."""
    first, second = len(names) // 100, len(names) // 5
    return (
        RolloutStage(name="canary", clusters=tuple(names[:first]), max_concurrent=10, soak=SOAK),
        RolloutStage(name="early", clusters=tuple(names[first:second]), max_concurrent=100, soak=SOAK),
        RolloutStage(name="rest", clusters=tuple(names[second:]), max_concurrent=concurrency, soak=SOAK),
    )


def critical_path(waves: tuple[RolloutStage, ...], clusters: dict[str, ModelledCluster]) -> float:
    """Seconds that a perfect engine needs: each slot is taken again in the moment it is free."""
    total = 0.0
    for stage in waves:
        slots = [0.0] * stage.max_concurrent
        for name in stage.clusters:
            heapq.heappush(slots, heapq.heappop(slots) + clusters[name].critical_path)
        total += max(slots) + stage.soak
    return total


async def drive_whole(folder: Path, url: str, clock: SimulatedClock, count: int, concurrency: int) -> Whole:
    clusters = modelled_clusters(count)
    waves = stages(list(clusters), concurrency)
    began = time.perf_counter()
    async with opened(folder, url) as store:
        store.database = _ClockHeld(store.database, clock)
        journal = await create_rollout(store, rollout_of(clusters, waves))
        file = OperationsFile(folder / "operations")
        engine = driver(folder, store, journal, clock, ModelledFleet(clusters, file, clock))
        running = asyncio.create_task(engine.run())
        patience = asyncio.create_task(clock.sleep(3 * critical_path(waves, clusters)))
        await asyncio.wait({running, patience}, return_when="FIRST_COMPLETED")
        if not running.done():
            raise SystemExit(f"it does not come to an end: {engine.status().happening}")
        patience.cancel()
        status = running.result()
        entries = sum(stream.last_seq for stream in await store.streams())
    return Whole(
        simulated=(clock.now() - START).total_seconds(),
        critical_path=critical_path(waves, clusters),
        driving=time.perf_counter() - began,
        entries=entries,
        operations=file.count(),
        repeated=file.started_twice(),
        happening=status.happening,
    )


async def drive_until_killed(folder: Path, url: str, count: int, concurrency: int) -> None:
    """On the wall's clock; operations take their minutes, so all slots are soon in flight and stay so."""
    clock, clusters = WallClock(), modelled_clusters(count, chart=0.0)
    async with opened(folder, url) as store:
        names = list(clusters)
        wide = (RolloutStage(name="wide", clusters=tuple(names), max_concurrent=concurrency),)
        journal = await create_rollout(store, rollout_of(clusters, wide))
        file = OperationsFile(folder / "operations")
        await driver(folder, store, journal, clock, ModelledFleet(clusters, file, clock)).run()


async def drive_again(folder: Path, url: str, count: int, concurrency: int) -> None:
    """After a kill: note when each cluster in flight got its first look, and end when all had one."""
    clock, clusters = WallClock(), modelled_clusters(count, chart=0.0)
    looks: dict[str, float] = {}
    all_seen = asyncio.Event()

    def looked(name: str) -> None:
        looks.setdefault(name, time.monotonic())
        if len(looks) == concurrency:
            all_seen.set()

    async with opened(folder, url) as store:
        journal = await open_rollout(store, "many")
        file = OperationsFile(folder / "operations")
        fleet = ModelledFleet(clusters, file, clock, looked)
        driving = asyncio.create_task(driver(folder, store, journal, clock, fleet).run())
        await asyncio.wait({driving, asyncio.create_task(all_seen.wait())}, return_when="FIRST_COMPLETED")
        driving.cancel()
        await asyncio.gather(driving, return_exceptions=True)
    (folder / "looks").write_bytes(msgspec.json.encode(sorted(looks.values())))


def driver(
    folder: Path, store: SqlStore, journal: RolloutJournal, clock: Clock, fleet: ModelledFleet
) -> RolloutRun:
    upgrades = ClusterUpgrades(store, clock, "bench", fleet)
    return RolloutRun(
        journal,
        clock=clock,
        worker="bench",
        start_cluster=upgrades,
        observe_cluster=fleet,
        stop=FleetStop(folder, store),
        inputs=folder,
    )


@asynccontextmanager
async def opened(folder: Path, url: str) -> AsyncIterator[SqlStore]:
    store = await open_postgres(PostgresAddress(url, "bench")) if url else open_store(folder / "seatrial.db")
    try:
        yield store
    finally:
        await store.close()


class _ClockHeld:
    """`Database` that keeps a simulated clock still while an answer is on its way."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self.where = database.where

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        with self._clock.hold("database"):
            async with self._database.reading() as db:
                yield db

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        with self._clock.hold("database"):
            async with self._database.writing() as db:
                yield db

    async def close(self) -> None:
        with self._clock.hold("database"):
            await self._database.close()


def main(mode: str, state: str, url: str, count: int, concurrency: int) -> None:
    folder = Path(state)
    if mode == "whole":
        clock = SimulatedClock(START)
        done = clock.run(drive_whole(folder, url, clock, count, concurrency))
        (folder / "result").write_bytes(msgspec.json.encode(done))
    elif mode == "until-killed":
        asyncio.run(drive_until_killed(folder, url, count, concurrency))
    else:
        asyncio.run(drive_again(folder, url, count, concurrency))


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]))
