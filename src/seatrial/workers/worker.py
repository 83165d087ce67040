"""One worker: says that it lives, takes jobs, takes over those of workers that went silent.

A worker that is killed is silent from then on: after `SILENT_AFTER` another takes its jobs over. One
that was stopped and wakes up finds its jobs gone and drops them; what it tried to write meanwhile was
refused by the fence. While the database is away nobody can be heard, so nobody is taken for dead until
everybody had the time to say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar

from seatrial.clock import Clock
from seatrial.errors import SeatrialError
from seatrial.store import Fenced, StateAway, Store, StreamKind
from seatrial.store.patient import Outage
from seatrial.workers.queue import Job, JobKind, JobQueue

T = TypeVar("T")

BEAT_EVERY = 3.0
SILENT_AFTER = 15.0
"""Seconds without a beat after which a worker's jobs are taken over: five beats, so that a pause of the
database or of the machine is no death."""
LOOK_EVERY = 3.0  # for silent workers
FETCH_EVERY = 1.0  # for jobs
ENSURE_EVERY = 15.0  # that every unfinished rollout has a job
TRY_AGAIN_AFTER = 60.0  # when a job failed for a reason of its own
TAKEN_OVER_WITHIN = 30.0
"""What we promise: a silence noticed late, then one fetch, with room for a slow machine."""

Perform = Callable[[str], Awaitable[None]]


class Worker:
    def __init__(
        self,
        queue: JobQueue,
        store: Store,
        clock: Clock,
        *,
        performers: Mapping[JobKind, Perform],
        at_once: Mapping[JobKind, int],
        outage: Outage,
        say: Callable[[str], None],
    ) -> None:
        self._queue = queue
        self._store = store
        self._clock = clock
        self._performers = performers
        self._at_once = at_once
        self._outage = outage
        self._say = say
        self._number = 0
        self._heard_since: float | None = None
        """Since when our beats arrive without a gap."""
        self._last_beat = 0.0
        self._running: dict[int, asyncio.Task[None]] = {}
        self._lost: set[int] = set()

    async def run(self) -> None:
        """Work until cancelled; then hand back what is under way."""
        await self._answered(self._join)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._regularly(BEAT_EVERY, self._beat), name="beat")
                group.create_task(self._regularly(LOOK_EVERY, self._take_over), name="take over")
                group.create_task(self._regularly(ENSURE_EVERY, self._ensure_rollouts), name="ensure")
                for kind in self._performers:
                    group.create_task(
                        self._regularly(FETCH_EVERY, partial(self._fetch, kind)), name=f"fetch {kind}"
                    )
        finally:
            await self._leave()

    async def _regularly(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await do()
            except StateAway as error:
                self._outage.failed(error)
            await self._clock.sleep(seconds)

    async def _answered(self, do: Callable[[], Awaitable[T]]) -> T:
        """The answer, when the database is back."""
        while True:
            try:
                return await do()
            except StateAway as error:
                self._outage.failed(error)
                await self._clock.sleep(BEAT_EVERY)

    async def _join(self) -> None:
        self._number = await self._queue.join()
        self._heard_since = self._last_beat = self._clock.monotonic()

    async def _beat(self) -> None:
        known = await self._queue.beat(self._number)
        self._outage.answered()  # here, where the database is asked each time
        now = self._clock.monotonic()
        if now - self._last_beat > SILENT_AFTER:
            self._heard_since = now
        self._last_beat = now
        await self._drop_lost()
        if not known:
            await self._join()

    async def _drop_lost(self) -> None:
        """What another worker has by now is no longer ours to do."""
        running = dict(self._running)
        for number in running.keys() - await self._queue.held_by(self._number):
            if number in self._running:
                self._lost.add(number)
                running[number].cancel()

    async def _take_over(self) -> None:
        heard = self._heard_since
        now = self._clock.monotonic()
        if heard is None or now - heard < SILENT_AFTER or now - self._last_beat > SILENT_AFTER:
            return  # after an outage the others get the time to say that they live
        for job in await self._queue.take_over(silent_for=SILENT_AFTER):
            self._say(f"{job}: its worker has not been heard of for {SILENT_AFTER:.0f} s; taking over.")

    async def _ensure_rollouts(self) -> None:
        """The journals are the truth: a rollout whose job was lost gets another."""
        for stream in await self._store.streams(kind=StreamKind.ROLLOUT, state="unfinished"):
            await self._queue.ensure(JobKind.ROLLOUT, stream.id)

    async def _fetch(self, kind: JobKind) -> None:
        while sum(task.get_name().startswith(kind) for task in self._running.values()) < self._at_once[kind]:
            job = await self._queue.fetch(kind, self._number)
            if job is None:
                return
            await self._end_earlier(job)
            task = asyncio.create_task(self._perform(job), name=str(job))
            self._running[job.number] = task
            task.add_done_callback(partial(self._forget, job.number))

    async def _end_earlier(self, job: Job) -> None:
        """It was taken from us while we were away, and comes back before we noticed."""
        earlier = self._running.get(job.number)
        if earlier is not None:
            earlier.cancel()
            await asyncio.gather(earlier, return_exceptions=True)

    def _forget(self, number: int, task: asyncio.Task[None]) -> None:
        if self._running.get(number) is task:
            del self._running[number]

    async def _perform(self, job: Job) -> None:
        worker = self._number
        self._say(f"{job}: begun.")
        try:
            await self._performers[job.kind](job.subject)
        except asyncio.CancelledError:
            if job.number in self._lost:
                self._lost.discard(job.number)
                self._say(f"{job}: another worker took it over while this one was away; let go.")
            raise
        except Fenced as error:
            self._say(f"{job}: {error.what.rstrip('.')}; this worker wrote nothing more and lets go.")
        except SeatrialError as error:
            self._say(f"{job}: {error} Trying again in {TRY_AGAIN_AFTER:.0f} s.")
            await self._answered(lambda: self._queue.put_back(job, worker, pause=TRY_AGAIN_AFTER))
            return
        except Exception as error:
            self._say(f"{job}: Seatrial has a bug ({type(error).__name__}); please report it.")
            await self._answered(lambda: self._queue.put_back(job, worker, pause=TRY_AGAIN_AFTER))
            return
        else:
            self._say(f"{job}: done.")
        await self._answered(lambda: self._queue.finish(job, worker))

    async def _leave(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if tasks:
            self._say(f"Handing back {len(tasks)} jobs: other workers go on with them.")
        try:
            await self._queue.leave(self._number)
        except StateAway:
            return  # they will notice
