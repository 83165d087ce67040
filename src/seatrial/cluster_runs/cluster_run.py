"""The loop of one cluster's upgrade: ask `decide` what comes next, have it performed, journal it.

Intent is journaled before a step begins, its result last. The loop keeps nothing of its own: a
process that dies here is replaced by the next one, which reads the journal and goes on.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Protocol

from seatrial.clock import Clock
from seatrial.cluster_runs.journal_writer import JournalWriter, Told, decode_entry
from seatrial.cluster_runs.leftovers import left_by
from seatrial.cluster_runs.pauses import look_pause
from seatrial.cluster_runs.performing import (
    PROGRESS,
    Performer,
    StepContext,
    StepResult,
    WaitsForOwner,
    failed,
)
from seatrial.errors import SeatrialError, TemporaryError
from seatrial.plan import (
    Done,
    Event,
    NextAction,
    Outcome,
    Ownership,
    Parked,
    Plan,
    Run,
    RunFinished,
    RunStarted,
    StepDeferred,
    StepFinished,
    StepIntended,
    StepParked,
    StepRun,
    Stuck,
    WaitUntil,
    decide,
    digest,
    write_plan,
)
from seatrial.plan.chart_steps import OWNERS_TIME
from seatrial.store import STATE_FAILURES, NewStream, OutOfDate, Store, Stream, StreamKind

_GRACE = 300.0  # seconds that a resumed step gets at least, to see what became of it
_FIRST_BACKOFF, _LONGEST_BACKOFF = 2.0, 60.0  # seconds between tries after a temporary failure
_LISTEN_EVERY = 5.0  # seconds between looks for requests while waiting for a time


def _tell_nobody(event: Event) -> None:
    pass


class Lease(Protocol):
    """`lease.ClusterLease`, while it is held."""

    async def confirm(self) -> None:
        """Before each new step: raise when it is ours no more."""

    async def note_left(self, left: str) -> None:
        """Keep in the cluster what has to be put back."""


class LeaseMaker(Protocol):
    def __call__(self, run: str, worker: str) -> AbstractAsyncContextManager[Lease]: ...


class _Alone:
    async def confirm(self) -> None:
        pass

    async def note_left(self, left: str) -> None:
        pass


@asynccontextmanager
async def no_lease(run: str, worker: str) -> AsyncIterator[Lease]:
    """Nobody else can reach the cluster: it is a twin's, or a test's."""
    yield _Alone()


@dataclass(slots=True)
class ClusterRun:
    """One worker's hold on one run; `worker` names the process for whoever is fenced off."""

    run_id: str
    plan: Plan
    store: Store
    performer: Performer
    clock: Clock
    worker: str
    by: str
    told: Told = _tell_nobody
    """Hears every event, old ones first."""
    lease: LeaseMaker = no_lease
    """What keeps other writers off the cluster while this one is at work; a twin needs none."""
    _backoff: dict[str, float] = field(default_factory=dict, init=False)
    _deadlines: dict[tuple[str, int], datetime] = field(default_factory=dict, init=False)
    _looks: dict[str, datetime] = field(default_factory=dict, init=False)
    """When parked steps are looked at again."""

    async def run(self) -> Done | Stuck | WaitUntil | Parked:
        """Advance until it is done, stuck, or waits for somebody; raise `Fenced` when taken over."""
        async with self.lease(self.run_id, self.worker) as lease:
            return await self._run(lease)

    async def _run(self, lease: Lease) -> Done | Stuck | WaitUntil | Parked:
        journal = await self._claim(lease)
        if journal.progress.started is None:
            started = RunStarted(at=self.clock.now(), plan_digest=digest(self.plan), by=self.by)
            await journal.append(started, state="running")
        while True:
            await journal.read()
            action = self._decide(journal)
            match action:
                case Run(steps):
                    await lease.confirm()
                    await self._perform_all(steps, journal)
                    await lease.note_left(left_by(self.plan, journal.progress))
                case WaitUntil(time=None) | Stuck() | Parked():
                    state = _STATES[type(action)]
                    with suppress(OutOfDate):  # a request came in between: decide again
                        await journal.append(state=state, unread_is_fine=False)
                        return action
                case WaitUntil(time=time) if time is not None:
                    await self.clock.sleep(
                        min(_LISTEN_EVERY, (time - self.clock.now()).total_seconds()), deadline=True
                    )
                case Done(succeeded, detail):
                    if journal.progress.finished is None:
                        ended = RunFinished(at=self.clock.now(), succeeded=succeeded, detail=detail)
                        await journal.append(ended, state="succeeded" if succeeded else "cancelled")
                    return action

    async def look(self) -> NextAction:
        """Look once whether others have done what parked steps wait for, and start nothing: it takes no slot.

        What we do ourselves once they did, such as asking for more machines again, is left for `run`.
        """
        journal = await self._claim()
        for step in journal.progress.at_work(self.plan):
            own = journal.progress.steps[step.id]
            if own.parked and step.ownership is not Ownership.DIRECT:
                await self._perform(StepRun(step, own.attempt, resume=True, operation=own.operation), journal)
        await journal.read()
        return self._decide(journal)

    def _decide(self, journal: JournalWriter) -> NextAction:
        """What comes next; a step that was just looked at in vain is parked until its next look."""
        now = self.clock.now()
        action = decide(self.plan, journal.progress, now)
        if isinstance(action, Run) and len(action.steps) == 1:
            run = action.steps[0]
            parked, look_at = journal.progress.steps[run.step.id].parked, self._looks.get(run.step.id)
            if parked is not None and look_at is not None and look_at > now:
                return Parked(run.step.id, parked.owner, parked.what, parked.since, look_at)
        return action

    async def _claim(self, lease: Lease | None = None) -> JournalWriter:
        fence = await self.store.claim(self.run_id, self.worker)
        journal = JournalWriter(
            self.run_id,
            self.plan,
            self.store,
            fence,
            self.clock,
            self.told,
            lease.note_left if lease else None,
        )
        await journal.read()
        return journal

    async def _perform_all(self, steps: tuple[StepRun, ...], journal: JournalWriter) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for run in steps:
                    group.create_task(self._perform(run, journal), name=run.step.id)
        except BaseExceptionGroup as problems:
            # Told to stop, or the state is gone: that one reason is what the caller wants to hear.
            ours, others = problems.split(STATE_FAILURES)
            if ours is not None and others is None:
                raise _first(ours) from None
            raise

    async def _perform(self, run: StepRun, journal: JournalWriter) -> None:
        step, now = run.step, self.clock.now()
        if not run.resume:
            try:
                await journal.append(
                    StepIntended(at=now, step=step.id, attempt=run.attempt),
                    state="running",
                    unread_is_fine=False,
                )
            except OutOfDate:
                return  # a request came in between: decide again
        begun_at = journal.progress.steps[step.id].begun_at or now
        context = StepContext(
            plan=self.plan,
            run_id=self.run_id,
            step=step,
            attempt=run.attempt,
            resume=run.resume,
            operation=run.operation,
            begun_at=begun_at,
            clock=self.clock,
            journal=journal,
            observe=self.performer.observe,
        )
        parked = journal.progress.steps[step.id].parked is not None
        deadline = self._deadline(run, now if parked else begun_at, now)
        result = await self._outcome(context, deadline)
        now = self.clock.now()
        if isinstance(result, StepResult):
            self._backoff.pop(step.id, None)
            await journal.append(
                StepFinished(
                    at=now, step=step.id, attempt=run.attempt, outcome=result.outcome, detail=result.detail
                )
            )
        elif isinstance(result, WaitsForOwner):
            await self._park(run, result, journal)
        else:
            until = min(now + timedelta(seconds=self._pause_after(step.id, result)), deadline)
            await journal.append(
                StepDeferred(at=now, step=step.id, attempt=run.attempt, until=until, why=str(result))
            )

    async def _park(self, run: StepRun, waits: WaitsForOwner, journal: JournalWriter) -> None:
        """Wait for somebody else: shorter between looks at first, for most changes come soon."""
        now, own = self.clock.now(), journal.progress.steps[run.step.id]
        since = own.parked.since if own.parked else now
        begun_at = own.begun_at or now
        patience = max(run.step.timeout, OWNERS_TIME)
        if now >= begun_at + timedelta(seconds=patience):
            days = patience / 86_400
            detail = f"{waits.owner} did not make the change within {days:.0f} days."
            await journal.append(
                StepFinished(
                    at=now, step=run.step.id, attempt=run.attempt, outcome=Outcome.FAILED, detail=detail
                )
            )
            return
        look_at = now + look_pause(since, now)
        self._looks[run.step.id] = look_at
        if own.parked and (own.parked.owner, own.parked.what) == (waits.owner, waits.to_do):
            return  # nothing new: weeks of looks need not fill the journal
        await journal.append(
            StepParked(
                at=now,
                step=run.step.id,
                attempt=run.attempt,
                since=since,
                owner=waits.owner,
                what=waits.to_do,
                look_at=look_at,
            )
        )

    async def _outcome(self, context: StepContext, deadline: datetime) -> StepResult | TemporaryError:
        """Perform within the deadline; a temporary failure past it is a failure."""
        left = (deadline - self.clock.now()).total_seconds()
        work = asyncio.ensure_future(self.performer.perform(context.step, context))
        patience = asyncio.ensure_future(self.clock.sleep(left, deadline=True))
        try:
            await asyncio.wait((work, patience), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return failed(_too_late(context))
            return work.result()
        except STATE_FAILURES:
            raise
        except TemporaryError as error:
            return error if self.clock.now() < deadline else failed(f"{_too_late(context)} {error}")
        except SeatrialError as error:
            return failed(str(error))
        except Exception as error:
            return failed(_bug(error))
        finally:
            for task in (work, patience):
                task.cancel()
            await asyncio.gather(work, patience, return_exceptions=True)

    def _deadline(self, run: StepRun, begun_at: datetime, now: datetime) -> datetime:
        """The end of this attempt's time; what another process began gets some time to be looked at."""
        key = (run.step.id, run.attempt)
        if key not in self._deadlines:
            deadline = begun_at + timedelta(seconds=run.step.timeout)
            if run.resume:
                deadline = max(deadline, now + timedelta(seconds=min(_GRACE, run.step.timeout)))
            self._deadlines[key] = deadline
        return self._deadlines[key]

    def _pause_after(self, step_id: str, error: TemporaryError) -> float:
        pause = self._backoff.get(step_id, _FIRST_BACKOFF)
        self._backoff[step_id] = min(pause * 2, _LONGEST_BACKOFF)
        return max(pause, error.retry_after or 0.0)


_STATES: dict[type[NextAction], str] = {Stuck: "stuck", WaitUntil: "paused", Parked: "waiting"}


async def begin_run(
    store: Store, plan: Plan, run_id: str, *, at: datetime, parent: str = "", cluster: str = ""
) -> Stream:
    """Store the plan and an empty run of it; raise `Conflict` when the id is taken."""
    await store.save_plan(digest(plan), write_plan(plan))
    return await store.create(
        NewStream(
            id=run_id,
            kind=StreamKind.CLUSTER_RUN,
            created_at=at,
            subject=cluster or plan.cluster,
            parent=parent,
            plan_digest=digest(plan),
        )
    )


async def read_journal(store: Store, run_id: str) -> tuple[Event, ...]:
    """All events of a run, oldest first."""
    return tuple(decode_entry(run_id, entry) for entry in await store.events(run_id))


def _too_late(context: StepContext) -> str:
    reached = context.notes().get(PROGRESS, "")
    minutes = context.step.timeout / 60
    return f"it did not end within {minutes:.0f} minutes" + (f"; last seen: {reached}" if reached else ".")


def _bug(error: Exception) -> str:
    """Where our own code broke; not the message, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
    return f"a bug in Seatrial ({type(error).__name__} at {place}); please report it."


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
