"""Jobs over a real PostgreSQL: locked, heard of, taken over once, settled only by who has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import procrastinate.schema
import psycopg
import pytest
from tests.postgres import PostgresServer

from seatrial.store import StateAway
from seatrial.store.location import PostgresAddress
from seatrial.workers.queue import PROCRASTINATE_SCHEMA, SCHEMA_NAME, Job, JobKind, JobQueue

CLUSTER = JobKind.CLUSTER


@pytest.fixture
async def queues(database_url: str) -> AsyncIterator[tuple[JobQueue, JobQueue]]:
    """Two processes' views of the same jobs."""
    address = PostgresAddress(database_url, "the tests' database")
    both = JobQueue(address), JobQueue(address)
    await asyncio.gather(*(queue.prepare() for queue in both))  # at the same time, as at a first start
    yield both
    for queue in both:
        await queue.close()


async def test_a_job_is_queued_once_and_given_to_one_worker(queues: tuple[JobQueue, JobQueue]) -> None:
    a, b = queues
    await asyncio.gather(*(queue.ensure(CLUSTER, "r.c1.1") for queue in (a, b, a, b)))
    workers = await a.join(), await b.join()
    fetched = await asyncio.gather(a.fetch(CLUSTER, workers[0]), b.fetch(CLUSTER, workers[1]))
    (job,) = [job for job in fetched if job]
    assert (job.kind, job.subject) == (CLUSTER, "r.c1.1")
    await b.ensure(CLUSTER, "r.c1.1")  # it is under way: nothing to do
    assert await b.fetch(CLUSTER, workers[1]) is None
    assert await a.live() == {"cluster:r.c1.1"}


async def test_a_queue_gives_only_jobs_of_the_kind_asked_for(queues: tuple[JobQueue, JobQueue]) -> None:
    a, _ = queues
    await a.ensure(JobKind.ROLLOUT, "r")
    worker = await a.join()
    assert await a.fetch(CLUSTER, worker) is None
    assert await a.fetch(JobKind.ROLLOUT, worker) is not None


async def test_a_silent_workers_job_is_taken_over_once_and_is_no_longer_its_own(
    queues: tuple[JobQueue, JobQueue],
) -> None:
    a, b = queues
    dead, alive = await a.join(), await b.join()
    job = await fetched(a, dead)
    assert await b.take_over(silent_for=30) == ()
    assert await b.under_way(CLUSTER, "r.c1.1", silent_for=30)
    await asyncio.sleep(0.3)
    await b.beat(alive)
    took = await asyncio.gather(a.take_over(silent_for=0.2), b.take_over(silent_for=0.2))
    assert sorted(map(len, took)) == [0, 1]
    again = await b.fetch(CLUSTER, alive)
    assert again == job
    await a.finish(job, dead)  # it woke up, and is told nothing: it has nothing to settle
    await a.put_back(job, dead, pause=0)
    assert await a.held_by(dead) == frozenset()
    assert await b.held_by(alive) == {job.number}
    await b.finish(job, alive)
    assert await a.live() == frozenset()


async def test_a_worker_that_leaves_hands_its_jobs_back_at_once(queues: tuple[JobQueue, JobQueue]) -> None:
    a, b = queues
    leaving = await a.join()
    job = await fetched(a, leaving)
    await b.ensure(CLUSTER, "r.c1.1")
    await a.leave(leaving)
    assert await b.fetch(CLUSTER, await b.join()) == job
    assert await b.living_workers(silent_for=30) == 1
    assert not await a.beat(leaving)


async def test_a_job_that_is_put_back_waits_its_pause(queues: tuple[JobQueue, JobQueue]) -> None:
    a, _ = queues
    worker = await a.join()
    job = await fetched(a, worker)
    await a.put_back(job, worker, pause=60)
    assert await a.fetch(CLUSTER, worker) is None
    assert await a.live() == {"cluster:r.c1.1"}


async def test_a_database_that_goes_away_is_said_so_and_comes_back(
    queues: tuple[JobQueue, JobQueue], postgres_server: PostgresServer
) -> None:
    a, _ = queues
    worker = await a.join()
    postgres_server.stop()
    try:
        for _ in range(2):
            with pytest.raises(StateAway) as caught:
                await a.beat(worker)
            assert "canary" not in str(caught.value)
    finally:
        postgres_server.start()
    assert await a.beat(worker)


async def test_the_tables_have_a_schema_of_their_own(
    queues: tuple[JobQueue, JobQueue], database_url: str
) -> None:
    with psycopg.connect(database_url) as db:
        found = db.execute(
            "SELECT table_schema FROM information_schema.tables WHERE table_name = 'procrastinate_jobs'"
        ).fetchall()
    assert found == [(SCHEMA_NAME,)]


def test_the_schemas_name_follows_procrastinates_newest_migration() -> None:
    """When a new pin fails this: name the new migration in `queue`, and read what it changes."""
    folder = Path(procrastinate.schema.SchemaManager.get_migrations_path())
    newest = max(path.name for path in folder.glob("*.sql"))
    assert newest.startswith(PROCRASTINATE_SCHEMA)


async def fetched(queue: JobQueue, worker: int) -> Job:
    await queue.ensure(CLUSTER, "r.c1.1")
    job = await queue.fetch(CLUSTER, worker)
    assert job is not None
    return job
