"""A store that waits while its database is away, and says so, instead of ending weeks of work.

A call that got no answer may have been carried out all the same. So before it is made again, it is
looked up whether it was: an event is not written twice because its receipt was lost.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from seatrial.clock import Clock
from seatrial.errors import Conflict, NotFound
from seatrial.store.protocol import Entry, NewStream, StateAway, Stop, Store, Stream, StreamKind

T = TypeVar("T")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0  # seconds between two tries
_REMIND_EVERY = 60.0  # seconds


class Outage:
    """Tells people once that the database is away, now and then that it still is, and that it is back."""

    def __init__(self, clock: Clock, say: Callable[[str], None]) -> None:
        self._clock = clock
        self._say = say
        self._since: float | None = None
        self._said = 0.0

    @property
    def lasts(self) -> bool:
        return self._since is not None

    def failed(self, error: StateAway) -> None:
        now = self._clock.monotonic()
        if self._since is None:
            self._since = self._said = now
            self._say(f"{error.where}: {error.what} Waiting for it; nothing is lost.")
        elif now - self._said >= _REMIND_EVERY:
            self._said = now
            self._say(f"{error.where}: still away after {now - self._since:.0f} s: {error.what}")

    def answered(self) -> None:
        if self._since is not None:
            self._say(f"The database answers again after {self._clock.monotonic() - self._since:.0f} s.")
            self._since = None


class PatientStore:
    """`Store` around another one whose database may go away."""

    def __init__(self, store: Store, clock: Clock, outage: Outage) -> None:
        self._store = store
        self._clock = clock
        self._outage = outage

    async def _patiently(self, call: Callable[[bool], Awaitable[T]]) -> T:
        """`call` hears whether it may have been carried out before."""
        pause, again = _FIRST_PAUSE, False
        while True:
            try:
                result = await call(again)
            except StateAway as error:
                self._outage.failed(error)
                await self._clock.sleep(pause)
                pause, again = min(pause * 2, _LONGEST_PAUSE), True
            else:
                self._outage.answered()
                return result

    async def save_plan(self, digest: str, document: bytes) -> None:
        await self._patiently(lambda _: self._store.save_plan(digest, document))

    async def plan(self, digest: str) -> bytes:
        return await self._patiently(lambda _: self._store.plan(digest))

    async def save_input(self, digest: str, content: bytes) -> None:
        await self._patiently(lambda _: self._store.save_input(digest, content))

    async def input(self, digest: str) -> bytes:
        return await self._patiently(lambda _: self._store.input(digest))

    async def create(self, stream: NewStream, *, newest: str | None = None) -> Stream:
        async def attempt(again: bool) -> Stream:
            try:
                return await self._store.create(stream, newest=newest)
            except Conflict as refused:
                try:
                    found = await self._store.stream(stream.id)
                except NotFound:
                    raise refused from None
                if again and (found.created_at, found.document) == (stream.created_at, stream.document):
                    return found
                raise

        return await self._patiently(attempt)

    async def stream(self, stream_id: str) -> Stream:
        return await self._patiently(lambda _: self._store.stream(stream_id))

    async def streams(
        self,
        *,
        kind: StreamKind | None = None,
        parent: str | None = None,
        subject: str | None = None,
        plan_digest: str | None = None,
        state: str | None = None,
    ) -> tuple[Stream, ...]:
        return await self._patiently(
            lambda _: self._store.streams(
                kind=kind, parent=parent, subject=subject, plan_digest=plan_digest, state=state
            )
        )

    async def claim(self, stream_id: str, worker: str) -> int:
        return await self._patiently(lambda _: self._store.claim(stream_id, worker))

    async def append(
        self,
        stream_id: str,
        fence: int,
        events: Sequence[bytes],
        *,
        expected_seq: int,
        format: int,
        state: str | None = None,
    ) -> int:
        async def attempt(again: bool) -> int:
            if again and events:
                there = await self._store.events(stream_id, after=expected_seq)
                if [entry.event for entry in there[: len(events)]] == list(events):
                    return expected_seq + len(events)
            return await self._store.append(
                stream_id, fence, events, expected_seq=expected_seq, format=format, state=state
            )

        return await self._patiently(attempt)

    async def request(self, stream_id: str, event: bytes, *, format: int) -> int:
        async def attempt(again: bool) -> int:
            if again:
                for entry in await self._store.events(stream_id):
                    if entry.event == event:  # who asked and when are part of it
                        return entry.seq
            return await self._store.request(stream_id, event, format=format)

        return await self._patiently(attempt)

    async def events(self, stream_id: str, *, after: int = 0) -> tuple[Entry, ...]:
        return await self._patiently(lambda _: self._store.events(stream_id, after=after))

    async def stop(self, stop: Stop) -> None:
        async def attempt(again: bool) -> None:
            if not (again and await self._store.stopped() == stop):
                await self._store.stop(stop)

        await self._patiently(attempt)

    async def stopped(self) -> Stop | None:
        return await self._patiently(lambda _: self._store.stopped())

    async def lift_stop(self, *, by: str, at: datetime) -> None:
        await self._patiently(lambda _: self._store.lift_stop(by=by, at=at))

    async def close(self) -> None:
        await self._store.close()
