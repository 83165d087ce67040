"""Workers in one process over a real PostgreSQL, with made-up clusters and short patience."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.postgres import PostgresServer
from tests.rollout.builders import rollout

from seatrial.clock import WallClock
from seatrial.errors import BadInput
from seatrial.rollout.document import RolloutStage
from seatrial.rollout.events import Health, Outcome
from seatrial.rollout.state import Phase
from seatrial.rollout_runs.journal import create_rollout, open_rollout
from seatrial.rollout_runs.orders import ClusterEnd, ClusterOrder, ClusterResult, ClusterWaits, HealthResult
from seatrial.store import Store, StreamKind
from seatrial.store.location import PostgresAddress
from seatrial.store.patient import Outage, PatientStore
from seatrial.store.postgres import open_postgres
from seatrial.wiring.workers import run_worker
from seatrial.workers import worker as pace
from seatrial.workers.deferring import DeferredUpgrades
from seatrial.workers.jobs import Workplace, carry_out_order, drive_rollout
from seatrial.workers.queue import JobKind, JobQueue
from seatrial.workers.worker import Worker

OF = rollout(
    RolloutStage(name="test", clusters=("t1", "t2"), max_concurrent=2),
    RolloutStage(name="prod", clusters=("p1",)),
)
CLOCK = WallClock()


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "BEAT_EVERY", 0.1)
    monkeypatch.setattr(pace, "SILENT_AFTER", 2.0)
    monkeypatch.setattr(pace, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(pace, "FETCH_EVERY", 0.05)
    monkeypatch.setattr(pace, "ENSURE_EVERY", 0.3)
    monkeypatch.setattr("seatrial.workers.deferring._LOOK_EVERY", 0.05)
    monkeypatch.setattr("seatrial.store.patient._LONGEST_PAUSE", 0.5)


@dataclass
class Clusters:
    """Upgrades take a moment; each start is remembered with who made it."""

    seconds: float = 0.1
    started: list[tuple[str, str]] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)
    problem: Exception | None = None
    waits: dict[str, ClusterWaits] = field(default_factory=dict)
    """At the first turn of a run."""

    async def upgrade(self, worker: str, order: ClusterOrder) -> ClusterEnd:
        self.started.append((worker, order.run_id))
        if order.target.cluster in self.waits and not order.turn:
            return self.waits[order.target.cluster]
        await CLOCK.sleep(self.seconds)
        if self.problem is not None:
            raise self.problem
        self.ended.append((worker, order.run_id))
        return ClusterResult(Outcome.SUCCEEDED)


@dataclass
class Member:
    """A worker with everything that is its own, as on its own machine."""

    name: str
    queue: JobQueue
    worker: Worker
    said: list[str]
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def fall_asleep(self) -> None:
        """As seen from the database: nothing comes any more, until `awake` is set."""

        def held(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            async def late(*arguments: Any, **named: Any) -> Any:
                await self.awake.wait()
                return await call(*arguments, **named)

            return late

        for name in ("beat", "fetch", "take_over", "ensure"):
            setattr(self.queue, name, held(getattr(self.queue, name)))

    def heard(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in self.said)


@asynccontextmanager
async def member(name: str, url: str, folder: Path, clusters: Clusters) -> AsyncIterator[Member]:
    address = PostgresAddress(url, "the tests' database")
    said: list[str] = []
    outage = Outage(CLOCK, said.append)
    bare, queue = await open_postgres(address), JobQueue(address)
    await queue.prepare()
    store = PatientStore(bare, CLOCK, outage)
    place = Workplace(store, CLOCK, name, folder / name)

    async def observe(order: ClusterOrder) -> HealthResult:
        return HealthResult(Health.HEALTHY)

    async def look(order: ClusterOrder) -> bool:
        return True

    async def drive(subject: str) -> None:
        starter = DeferredUpgrades(store, partial(queue.ensure, JobKind.CLUSTER), CLOCK)
        await drive_rollout(subject, place, starter, observe, look)

    async def carry_out(subject: str) -> None:
        await carry_out_order(subject, place, partial(clusters.upgrade, name))

    found = Worker(
        queue,
        store,
        CLOCK,
        performers={JobKind.ROLLOUT: drive, JobKind.CLUSTER: carry_out},
        at_once={JobKind.ROLLOUT: 10, JobKind.CLUSTER: 10},
        outage=outage,
        say=said.append,
    )
    try:
        yield Member(name, queue, found, said)
    finally:
        await queue.close()
        await bare.close()


@asynccontextmanager
async def working(found: Member) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(found.worker.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def begun(url: str) -> AsyncIterator[Store]:
    """A rollout in the store, whose job nobody has queued: workers find it in the journals."""
    bare = await open_postgres(PostgresAddress(url, "the tests' database"))
    store = PatientStore(bare, CLOCK, Outage(CLOCK, lambda said: None))
    await create_rollout(store, OF)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def fleet(
    url: str, folder: Path, one: Clusters, other: Clusters
) -> AsyncIterator[tuple[Store, Member, Member]]:
    """The rollout, and two workers that see the clusters each in its own way."""
    async with begun(url) as store, member("a", url, folder, one) as a, member("b", url, folder, other) as b:
        yield store, a, b


async def until(true: Callable[[], bool], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not true():
            await CLOCK.sleep(0.02)


async def finished(store: Store) -> dict[str, Phase]:
    async with asyncio.timeout(30):
        while not (journal := await open_rollout(store, OF.id)).state.finished:
            await CLOCK.sleep(0.05)
    return {name: cluster.phase for name, cluster in journal.state.clusters.items()}


ALL_UPGRADED = dict.fromkeys(("t1", "t2", "p1"), Phase.SUCCEEDED)


async def test_workers_share_a_rollout_that_only_its_journal_knew_of(
    database_url: str, tmp_path: Path
) -> None:
    clusters = Clusters()
    async with fleet(database_url, tmp_path, clusters, clusters) as (store, a, b), working(a), working(b):
        assert await finished(store) == ALL_UPGRADED
        assert sorted(run for _, run in clusters.started) == [
            "spring-1.p1.1",
            "spring-1.t1.1",
            "spring-1.t2.1",
        ]


async def test_a_worker_that_slept_too_long_loses_its_jobs_and_writes_nothing_more(
    database_url: str, tmp_path: Path
) -> None:
    slow, quick = Clusters(seconds=5.0), Clusters()
    async with fleet(database_url, tmp_path, slow, quick) as (store, asleep, b), working(asleep):
        await until(lambda: len(slow.started) == 2)
        asleep.fall_asleep()
        await asyncio.sleep(0.2)  # a beat may be under way
        async with working(b):
            assert await finished(store) == ALL_UPGRADED
            await until(lambda: asleep.heard("cluster .* this worker wrote nothing more and lets go"))
        assert {worker for worker, _ in quick.ended} == {"b"}
        entries = await store.events("spring-1.t1.1")
        assert len(entries) == 1
        assert b.heard("cluster spring-1.t1.1: its worker has not been heard of for 2 s; taking over")


async def test_a_worker_that_wakes_up_drops_what_others_have(database_url: str, tmp_path: Path) -> None:
    slow, quick = Clusters(seconds=60.0), Clusters()
    async with fleet(database_url, tmp_path, slow, quick) as (store, asleep, b), working(asleep):
        await until(lambda: len(slow.started) == 2)
        asleep.fall_asleep()
        await asyncio.sleep(0.2)
        async with working(b):
            assert await finished(store) == ALL_UPGRADED
            asleep.awake.set()
            await until(lambda: asleep.heard("took it over while this one was away; let go"))


async def test_a_worker_that_is_stopped_orderly_hands_over_at_once(database_url: str, tmp_path: Path) -> None:
    slow, quick = Clusters(seconds=60.0), Clusters()
    async with begun(database_url) as store, member("a", database_url, tmp_path, slow) as a:
        async with working(a):
            await until(lambda: len(slow.started) == 2)
        assert a.heard("Handing back 3 jobs")
        async with member("b", database_url, tmp_path, quick) as b, working(b):
            await until(lambda: len(quick.started) == 2, within=1.8)  # sooner than any silence
            assert await finished(store) == ALL_UPGRADED


async def test_the_database_away_is_waited_for_and_nobody_is_taken_for_dead(
    database_url: str, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    clusters = Clusters(seconds=1.0)
    async with fleet(database_url, tmp_path, clusters, clusters) as (store, a, b), working(a), working(b):
        await until(lambda: len(clusters.started) == 2)
        postgres_server.stop()
        try:
            await until(lambda: a.heard("Waiting for it") and b.heard("Waiting for it"))
            await asyncio.sleep(2.5)  # longer than a silence that means death
        finally:
            postgres_server.start()
        assert await finished(store) == ALL_UPGRADED
        for worker in (a, b):
            assert worker.heard("The database answers again")
            assert not worker.heard("taking over")
        assert len(clusters.started) == 3


async def test_what_goes_wrong_on_a_cluster_is_its_answer(database_url: str, tmp_path: Path) -> None:
    clusters = Clusters(problem=BadInput("no such chart.", where="t1"))
    async with begun(database_url) as store, member("a", database_url, tmp_path, clusters) as a, working(a):
        await until(lambda: len(clusters.started) == 2)
        async with asyncio.timeout(20):
            while True:
                state = (await open_rollout(store, OF.id)).state
                if [state.clusters[name].phase for name in ("t1", "t2")] == [Phase.FAILED] * 2:
                    break
                await CLOCK.sleep(0.05)
        assert state.clusters["t1"].detail == "t1: no such chart."


async def test_the_row_of_the_fleet_wide_stop_stops_every_worker(database_url: str, tmp_path: Path) -> None:
    from seatrial.store import Stop

    clusters = Clusters(seconds=0.5)
    async with begun(database_url) as store, member("a", database_url, tmp_path, clusters) as a, working(a):
        await until(lambda: len(clusters.started) == 2)
        await store.stop(Stop("ann", CLOCK.now(), "an incident"))
        await until(lambda: len(clusters.ended) == 2)
        await CLOCK.sleep(3.0)  # the promise is five seconds, the driver looks every two
        assert len(clusters.started) == 2
        await store.lift_stop(by="ann", at=CLOCK.now())
        assert await finished(store) == ALL_UPGRADED


async def test_a_cluster_that_waits_for_its_owner_goes_on_as_a_new_order_of_the_same_run(
    database_url: str, tmp_path: Path
) -> None:
    clusters = Clusters(
        waits={"t1": ClusterWaits("the customer", "a quota", CLOCK.now() - timedelta(hours=1))}
    )
    async with begun(database_url) as store, member("a", database_url, tmp_path, clusters) as a, working(a):
        assert await finished(store) == ALL_UPGRADED
    assert [run for _, run in clusters.started if ".t1." in run] == ["spring-1.t1.1"] * 2
    orders = await store_orders(database_url)
    assert orders == {"spring-1.t1.1", "spring-1.t1.1~1", "spring-1.t2.1", "spring-1.p1.1"}


async def store_orders(url: str) -> set[str]:
    store = await open_postgres(PostgresAddress(url, "the tests' database"))
    found = {stream.id for stream in await store.streams(kind=StreamKind.CLUSTER_ORDER)}
    await store.close()
    return found


async def test_a_worker_that_starts_before_its_database_waits_for_it(
    database_url: str, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    said: list[str] = []
    postgres_server.stop()
    try:
        worker = asyncio.create_task(
            run_worker(
                PostgresAddress(database_url, "the tests' database"),
                kubeconfig=None,
                clock=CLOCK,
                environment={},
                name="early",
                folder=tmp_path,
                clusters=1,
                say=said.append,
                beside=lambda store: nullcontext(),
            )
        )
        await until(lambda: any("Waiting for it" in line for line in said))
    finally:
        postgres_server.start()
    await until(lambda: any("early takes part" in line for line in said))
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert worker.cancelled()
