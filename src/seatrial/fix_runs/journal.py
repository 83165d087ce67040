"""The journal of the fixes of one cluster: a stream in the state, found by the cluster's UID."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import msgspec

from seatrial.clock import Clock
from seatrial.errors import Conflict, NewerFormat, NotFound
from seatrial.fixes.records import FIX_FORMAT, FixEvent, Record, decode_fix_event, encode_fix_event, fold
from seatrial.store import NewStream, Store, Stream, StreamKind


class Subject(msgspec.Struct, frozen=True, rename="camel"):
    """The stream's document."""

    cluster: str
    uid: str
    key: str
    """Tells this state from others that fix the same cluster."""


@dataclass(slots=True)
class FixJournal:
    """`records` is what `read` saw, and what was appended since."""

    store: Store
    stream: Stream
    events: list[FixEvent]
    seq: int = 0
    fence: int = 0

    @property
    def id(self) -> str:
        return self.stream.id

    @property
    def run(self) -> str:
        """What the cluster's Lease names: no other state's run is called so."""
        return f"{self.id}-{self.subject.key}"

    @property
    def subject(self) -> Subject:
        return msgspec.json.decode(self.stream.document, type=Subject)

    @property
    def records(self) -> dict[str, Record]:
        return fold(self.events)

    async def claim(self, worker: str) -> None:
        """Become the one who writes it; then read what others wrote meanwhile."""
        self.fence = await self.store.claim(self.id, worker)
        await self.read()

    async def read(self) -> None:
        for entry in await self.store.events(self.id, after=self.seq):
            if entry.format > FIX_FORMAT:
                raise NewerFormat("journal of fixes", entry.format, FIX_FORMAT, where=self.id)
            self.events.append(decode_fix_event(entry.event, f"{self.id}, entry {entry.seq}"))
            self.seq = entry.seq

    async def append(self, event: FixEvent) -> None:
        self.seq = await self.store.append(
            self.id, self.fence, [encode_fix_event(event)], expected_seq=self.seq, format=FIX_FORMAT
        )
        self.events.append(event)


async def open_journal(store: Store, uid: str, cluster: str, clock: Clock) -> FixJournal:
    """The cluster's journal, begun where there is none."""
    found = await find_journal(store, uid)
    if found is not None:
        return found
    subject = Subject(cluster, uid, secrets.token_hex(4))
    new = NewStream(
        id=_stream_id(uid),
        kind=StreamKind.FIXES,
        created_at=clock.now(),
        subject=uid,
        document=msgspec.json.encode(subject),
    )
    try:
        return await _opened(store, await store.create(new))
    except Conflict:  # another process has just begun it
        return await _opened(store, await store.stream(_stream_id(uid)))


async def find_journal(store: Store, uid: str) -> FixJournal | None:
    try:
        return await _opened(store, await store.stream(_stream_id(uid)))
    except NotFound:
        return None


async def all_journals(store: Store) -> list[FixJournal]:
    """Of every cluster, the oldest first."""
    return [await _opened(store, stream) for stream in await store.streams(kind=StreamKind.FIXES)]


async def _opened(store: Store, stream: Stream) -> FixJournal:
    journal = FixJournal(store, stream, [])
    await journal.read()
    return journal


def _stream_id(uid: str) -> str:
    return f"fixes-{hashlib.sha256(uid.encode()).hexdigest()[:12]}"
