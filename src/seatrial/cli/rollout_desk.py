"""What every rollout command works with: the state folder, its store, the clock, who is asking."""

from __future__ import annotations

import asyncio
import copy
import getpass
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.clock import Clock, WallClock
from seatrial.errors import BadInput, Conflict
from seatrial.fleet.durations import parse_duration, write_duration
from seatrial.rollout.events import Stopped
from seatrial.rollout.explain import explain
from seatrial.rollout.state import Phase
from seatrial.rollout.status import RolloutPhase, RolloutStatus
from seatrial.rollout_runs.driver import driver, driving
from seatrial.rollout_runs.journal import RolloutJournal, open_rollout, settle
from seatrial.rollout_runs.progress import read_progress
from seatrial.rollout_runs.stop import FleetStop
from seatrial.store import Store, StreamKind
from seatrial.store.location import PostgresAddress, take_location
from seatrial.store.patient import Outage, PatientStore
from seatrial.store.sql import open_store
from seatrial.store.sqlite_file import default_location

if TYPE_CHECKING:
    from seatrial.workers.queue import JobKind, JobQueue

_ENDED = (RolloutPhase.SUCCEEDED, RolloutPhase.FAILED, RolloutPhase.CANCELLED)


@dataclass(frozen=True, slots=True)
class Desk:
    folder: Path
    store: Store
    clock: Clock
    queue: JobQueue | None = None
    """Where the state is shared, workers drive rollouts: their jobs."""
    where: str = ""
    """The state, for messages."""

    @property
    def inputs(self) -> Path:
        """Where the charts of rollouts are kept."""
        return self.folder / "inputs"

    @property
    def handoffs(self) -> Path:
        """Where patches and texts for the owners of resources are kept."""
        return self.folder / "handoffs"

    @property
    def locks(self) -> Path:
        return self.folder / "locks"

    @property
    def stop(self) -> FleetStop:
        return FleetStop(self.folder, self.store)

    def patient(self) -> Desk:
        """For work that outlasts a database that goes away: it is waited for, and people are told."""
        outage = Outage(self.clock, lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201
        return replace(self, store=PatientStore(self.store, self.clock, outage))

    async def open(self, rollout_id: str) -> RolloutJournal:
        return await open_rollout(self.store, rollout_id)

    async def rollouts(self) -> list[RolloutJournal]:
        """All of them, oldest first."""
        return [await self.open(stream.id) for stream in await self.store.streams(kind=StreamKind.ROLLOUT)]

    async def status(self, journal: RolloutJournal) -> RolloutStatus:
        """As the journal says, under the stop that is in force now: nobody may be there to note it."""
        await journal.refresh()
        state = copy.copy(journal.state)
        found = await self.stop.stopped()
        state.stopped = Stopped(at=found.at, by=found.by, why=found.why) if found else None
        return explain(state, self.clock.now(), await read_progress(self.store, state))

    async def settle(self, journal: RolloutJournal) -> None:
        """Draw the consequences of a request that need no process to drive the rollout."""
        if self.queue is not None:
            await self.hand_over(journal)
            return
        try:
            with driving(self.locks, journal.rollout.id, worker()):
                await settle(journal, worker(), self.clock.now())
        except Conflict:
            return  # whoever drives it does so

    async def hand_over(self, journal: RolloutJournal) -> None:
        """Have a worker drive it, if none does."""
        if self.queue is not None and not journal.state.finished:
            await self.queue.ensure(_rollout_job(), journal.rollout.id)

    async def driver(self, rollout_id: str) -> str:
        """Who drives the rollout now; empty when nobody does."""
        if self.queue is None:
            return driver(self.locks, rollout_id)
        if await self.queue.under_way(_rollout_job(), rollout_id, silent_for=_silence()):
            return (await self.store.stream(rollout_id)).worker
        return ""

    async def driver_lines(self, status: RolloutStatus) -> list[str]:
        """Who drives the rollout, or how to have it driven."""
        if status.phase in _ENDED:
            return []
        found = await self.driver(status.id)
        if found:
            return [f"driven by {found}"]
        if self.queue is None:
            return [f"No process drives it now: `seatrial rollout resume {status.id}` goes on with it."]
        if await self.queue.living_workers(silent_for=_silence()):
            return ["It waits for a worker."]
        return ["No worker is there: `seatrial worker` on any machine with this state goes on with it."]

    @staticmethod
    def plain(status: RolloutStatus) -> Any:
        """JSON-like data."""
        return msgspec.to_builtins(status)

    @staticmethod
    def upgraded(status: RolloutStatus) -> str:
        done = sum(cluster.phase is Phase.SUCCEEDED for cluster in status.clusters)
        return f"{done}/{len(status.clusters)}"

    @staticmethod
    def age(status: RolloutStatus) -> str:
        return write_duration(status.now - status.started_at) if status.started_at else ""


@asynccontextmanager
async def open_desk(
    state: str | Path | None, environ: MutableMapping[str, str] = os.environ
) -> AsyncIterator[Desk]:
    """The state in a folder, made where it is missing, or in a database that workers share."""
    async with _desk(state, environ, open_store) as desk:
        yield desk


@asynccontextmanager
async def visit_desk(
    state: str | Path | None, environ: MutableMapping[str, str] = os.environ
) -> AsyncIterator[Desk]:
    """The state that is there; where there is none, an empty one that leaves nothing behind."""
    async with _desk(state, environ, lambda path: open_store(path if path.exists() else None)) as desk:
        yield desk


@asynccontextmanager
async def _desk(
    state: str | Path | None, environ: MutableMapping[str, str], open_file: Callable[[Path], Store]
) -> AsyncIterator[Desk]:
    location = take_location(str(state), environ) if state else None
    if isinstance(location, PostgresAddress):
        from seatrial.store.postgres import open_postgres
        from seatrial.wiring.workers import open_queue

        store: Store = await open_postgres(location)
        try:
            queue = await open_queue(location)
            try:
                yield Desk(state_folder(None, environ), store, WallClock(), queue, location.shown)
            finally:
                await queue.close()
        finally:
            await store.close()
        return
    folder = state_folder(location, environ)
    store = open_file(folder / "seatrial.db")
    try:
        yield Desk(folder, store, WallClock(), where=str(folder))
    finally:
        await store.close()


def state_folder(state: Path | None, environ: Mapping[str, str]) -> Path:
    folder = state or default_location(environ).parent
    if folder.exists() and not folder.is_dir():
        raise BadInput(
            "this is a file.", where=str(folder), next_step="Name the folder of the state with --state."
        )
    return folder


def _rollout_job() -> JobKind:
    from seatrial.workers.queue import JobKind

    return JobKind.ROLLOUT


def _silence() -> float:
    from seatrial.workers.worker import SILENT_AFTER

    return SILENT_AFTER


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM ends the work as Ctrl-C does, with a word about how to go on."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101  a coroutine runs in one
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def who(by: str) -> str:
    """The person to record: as told, else the user of this process."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def worker() -> str:
    """This process, for whoever finds it in its way."""
    return f"{who('')}@{socket.gethostname()}, process {os.getpid()}"


async def refuse_while_stopped(desk: Desk) -> None:
    stop = await desk.stop.stopped()
    if stop:
        raise Conflict(
            f"the fleet-wide stop is in force, by {stop.by}: {stop.why}.",
            next_step="`seatrial stop --lift` lifts it.",
        )


def parse_until(text: str, now: datetime) -> datetime | None:
    """A time given as a duration from now or in ISO 8601 (UTC unless it says otherwise)."""
    if not text:
        return None
    try:
        return now + parse_duration(text)
    except BadInput:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{text!r} is neither a duration nor a time.",
            next_step="Write 12h, 3d, or a time such as 2026-03-02T18:00Z.",
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
