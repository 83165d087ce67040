"""Jobs in Procrastinate's tables: one per rollout and one per cluster's turn, locked under its name.

Procrastinate gives locks, heartbeats and fetching. What a worker that slept too long must not do is
settle a job that another has by now: so letting go and taking over name the worker they expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Job as QueuedJob
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager

from seatrial.store.location import PostgresAddress
from seatrial.workers.connection import JobConnection

PROCRASTINATE_SCHEMA = "03.04"
"""The newest migration of Procrastinate that these tables are made with: one that changes them gets a
schema of its own, which workers fill anew from the journals."""
SCHEMA_NAME = f"seatrial_jobs_{PROCRASTINATE_SCHEMA.replace('.', '_')}"
_FORGET_WORKERS_AFTER = 24 * 3600.0  # seconds


class JobKind(StrEnum):
    """Each is a queue of its own: rollouts that wait for weeks must not keep clusters waiting."""

    ROLLOUT = "rollout"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Job:
    number: int
    kind: JobKind
    subject: str
    """A rollout's id, or a cluster order's."""

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class JobQueue:
    """What one process does with the jobs; every call may raise `StateAway`."""

    def __init__(self, address: PostgresAddress) -> None:
        self._connection = JobConnection(address, SCHEMA_NAME)
        self._jobs = JobManager(self._connection)

    async def prepare(self) -> None:
        """Make Procrastinate's tables where they are missing."""
        if await self._jobs.check_connection_async():
            return
        schema = SchemaManager.get_schema().replace("%", "%%")
        # One statement string is one transaction: either all of it is there, or nothing.
        await self._connection.execute_query_async(
            f"SELECT pg_advisory_xact_lock(hashtext('{SCHEMA_NAME}'));"
            f"CREATE SCHEMA IF NOT EXISTS {SCHEMA_NAME};"
        )
        try:
            await self._connection.execute_query_async(schema)
        except Exception:
            if not await self._jobs.check_connection_async():
                raise  # else another process was faster

    async def close(self) -> None:
        await self._connection.close_async()

    async def ensure(self, kind: JobKind, subject: str) -> None:
        """Have it done, by whichever worker: nothing more happens where its job waits or is under way."""
        lock = _lock(kind, subject)
        there = await self._connection.execute_query_all_async(
            "SELECT 1 FROM procrastinate_jobs WHERE lock = %(lock)s AND status IN ('todo', 'doing')",
            lock=lock,
        )
        if there:
            return
        job = QueuedJob(
            queue=kind.value,
            lock=lock,
            queueing_lock=lock,
            task_name=kind.value,
            task_kwargs={"subject": subject},
        )
        try:
            await self._jobs.defer_job_async(job)
        except AlreadyEnqueued:
            return

    async def live(self) -> frozenset[str]:
        """The locks of jobs that wait or are under way."""
        rows = await self._connection.execute_query_all_async(
            "SELECT DISTINCT lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
        )
        return frozenset(row["lock"] for row in rows)

    async def under_way(self, kind: JobKind, subject: str, *, silent_for: float) -> bool:
        """Whether a worker that was heard of in the last `silent_for` seconds has it."""
        rows = await self._connection.execute_query_all_async(
            "SELECT 1 FROM procrastinate_jobs j JOIN procrastinate_workers w ON w.id = j.worker_id"
            " WHERE j.lock = %(lock)s AND j.status = 'doing'"
            " AND w.last_heartbeat > now() - make_interval(secs => %(silent)s)",
            lock=_lock(kind, subject),
            silent=silent_for,
        )
        return bool(rows)

    async def living_workers(self, *, silent_for: float) -> int:
        rows = await self._connection.execute_query_all_async(
            "SELECT 1 FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %(silent)s)",
            silent=silent_for,
        )
        return len(rows)

    async def join(self) -> int:
        """Become a worker: its number."""
        await self._jobs.prune_stalled_workers(_FORGET_WORKERS_AFTER)
        return await self._jobs.register_worker()

    async def beat(self, worker: int) -> bool:
        """Say that the worker lives; False when it was forgotten and has to join again."""
        rows = await self._connection.execute_query_all_async(
            "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(worker)s RETURNING id",
            worker=worker,
        )
        return bool(rows)

    async def fetch(self, kind: JobKind, worker: int) -> Job | None:
        """A job that waits, now under way here."""
        try:
            found = await self._jobs.fetch_job([kind.value], worker)
        except UniqueViolation:
            return None  # another worker got a job of the same lock in this moment
        return _job(found) if found else None

    async def held_by(self, worker: int) -> frozenset[int]:
        """The numbers of the jobs that are the worker's."""
        rows = await self._connection.execute_query_all_async(
            "SELECT id FROM procrastinate_jobs WHERE worker_id = %(worker)s AND status = 'doing'",
            worker=worker,
        )
        return frozenset(row["id"] for row in rows)

    async def finish(self, job: Job, worker: int) -> None:
        """It is done; nothing happens where another worker has it by now."""
        await self._connection.execute_query_async(
            "DELETE FROM procrastinate_jobs WHERE id = %(job)s AND worker_id = %(worker)s",
            job=job.number,
            worker=worker,
        )

    async def put_back(self, job: Job, worker: int, *, pause: float) -> None:
        """It could not be done now: any worker may try again after `pause` seconds."""
        await self._connection.execute_query_async(
            f"UPDATE procrastinate_jobs SET {_WAITING},"  # noqa: S608  a constant
            " scheduled_at = now() + make_interval(secs => %(pause)s)"
            " WHERE id = %(job)s AND worker_id = %(worker)s AND status = 'doing'",
            job=job.number,
            worker=worker,
            pause=pause,
        )

    async def leave(self, worker: int) -> None:
        """Hand back what is under way, for others to take at once."""
        await self._connection.execute_query_async(
            f"UPDATE procrastinate_jobs SET {_WAITING}"  # noqa: S608  a constant
            " WHERE worker_id = %(worker)s AND status = 'doing'",
            worker=worker,
        )
        await self._jobs.unregister_worker(worker)

    async def take_over(self, *, silent_for: float) -> tuple[Job, ...]:
        """Let jobs wait again whose worker was not heard of for so many seconds: those jobs.

        One statement looks and changes, so that of two workers that see it one does it.
        """
        rows = await self._connection.execute_query_all_async(
            f"UPDATE procrastinate_jobs SET {_WAITING}"  # noqa: S608  a constant
            " WHERE status = 'doing' AND NOT EXISTS ("
            " SELECT FROM procrastinate_workers w WHERE w.id = procrastinate_jobs.worker_id"
            " AND w.last_heartbeat > now() - make_interval(secs => %(silent)s))"
            " RETURNING id, task_name, args",
            silent=silent_for,
        )
        return tuple(_from_row(row["id"], row["task_name"], row["args"]) for row in rows)


# Without its queueing lock, since a second job of the same name may be waiting already.
_WAITING = "status = 'todo', worker_id = NULL, queueing_lock = NULL, attempts = attempts + 1"


def _lock(kind: JobKind, subject: str) -> str:
    return f"{kind}:{subject}"


def _job(found: QueuedJob) -> Job:
    assert found.id is not None  # noqa: S101  it came from the table
    return _from_row(found.id, found.task_name, found.task_kwargs)


def _from_row(number: int, task_name: str, arguments: Mapping[str, object]) -> Job:
    return Job(number, JobKind(task_name), str(arguments["subject"]))
