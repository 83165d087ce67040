"""The journal of one run as its worker sees it: what was read, and appends under the worker's fence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from seatrial.clock import Clock
from seatrial.cluster_runs.leftovers import left_by
from seatrial.plan import (
    JOURNAL_FORMAT,
    Event,
    OperationStarted,
    Plan,
    Progress,
    StepNoted,
    advance,
    decode_event,
    encode_event,
    fold,
)
from seatrial.store import Entry, OutOfDate, Store

Told = Callable[[Event], None]
NoteLeft = Callable[[str], Awaitable[None]]
"""Keeps in the cluster itself what has to be put back."""


class JournalWriter:
    """Keeps the progress of a run in step with its journal; several tasks may append."""

    def __init__(
        self,
        run_id: str,
        plan: Plan,
        store: Store,
        fence: int,
        clock: Clock,
        told: Told,
        note_left: NoteLeft | None = None,
    ) -> None:
        self.progress: Progress = fold(plan, ())
        self._run_id = run_id
        self._plan = plan
        self._store = store
        self._fence = fence
        self._clock = clock
        self._told = told
        self._note_left = note_left
        self._seq = 0
        self._lock = asyncio.Lock()

    async def read(self) -> None:
        """Take in what others appended: the requests of people."""
        for entry in await self._store.events(self._run_id, after=self._seq):
            self._take(decode_entry(self._run_id, entry), entry.seq)

    async def append(self, *events: Event, state: str | None = None, unread_is_fine: bool = True) -> None:
        """Append; raise `Fenced` when another worker took over.

        With `unread_is_fine` false, raise `OutOfDate` when a request came that was not read yet: what
        these events announce may not be wanted any more.
        """
        async with self._lock:
            while True:
                try:
                    await self._store.append(
                        self._run_id,
                        self._fence,
                        [encode_event(event) for event in events],
                        expected_seq=self._seq,
                        format=JOURNAL_FORMAT,
                        state=state,
                    )
                except OutOfDate:
                    await self.read()
                    if not unread_is_fine:
                        raise
                else:
                    break
            for event in events:
                self._take(event, self._seq + 1)

    def notes(self, step_id: str) -> Mapping[str, str]:
        return self.progress.steps[step_id].notes

    async def note(self, step_id: str, key: str, value: str) -> None:
        await self.append(StepNoted(at=self._clock.now(), step=step_id, key=key, value=value))
        if self._note_left is not None:
            await self._note_left(left_by(self._plan, self.progress))

    async def operation_started(self, step_id: str, attempt: int, operation: str) -> None:
        await self.append(
            OperationStarted(at=self._clock.now(), step=step_id, attempt=attempt, operation=operation)
        )

    def _take(self, event: Event, seq: int) -> None:
        self.progress = advance(self._plan, self.progress, event)
        self._seq = seq
        self._told(event)


def decode_entry(run_id: str, entry: Entry) -> Event:
    return decode_event(entry.event, format=entry.format, where=f"{run_id}, entry {entry.seq}")
