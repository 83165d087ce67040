"""State that lives as long as the process: for rehearsals, where nothing may reach the disk, and tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from seatrial.errors import NotFound
from seatrial.store.protocol import (
    Entry,
    Fenced,
    NewStream,
    OutOfDate,
    Overtaken,
    Stop,
    Stream,
    StreamKind,
    already_exists,
)


class MemoryStore:
    def __init__(self) -> None:
        self._plans: dict[str, bytes] = {}
        self._inputs: dict[str, bytes] = {}
        self._streams: dict[str, Stream] = {}
        self._events: dict[str, list[Entry]] = {}
        self._stop: Stop | None = None

    async def save_plan(self, digest: str, document: bytes) -> None:
        self._plans.setdefault(digest, document)

    async def plan(self, digest: str) -> bytes:
        if digest not in self._plans:
            raise NotFound("no such plan is stored.", where=digest)
        return self._plans[digest]

    async def save_input(self, digest: str, content: bytes) -> None:
        self._inputs.setdefault(digest, content)

    async def input(self, digest: str) -> bytes:
        if digest not in self._inputs:
            raise NotFound("no such input is stored.", where=digest)
        return self._inputs[digest]

    async def create(self, stream: NewStream, *, newest: str | None = None) -> Stream:
        if stream.id in self._streams:
            raise already_exists(stream.id)
        latest = next((each.id for each in reversed(self._streams.values()) if each.kind is stream.kind), "")
        if newest is not None and latest != newest:
            raise Overtaken(latest)
        created = Stream(
            id=stream.id,
            kind=stream.kind,
            created_at=stream.created_at,
            subject=stream.subject,
            parent=stream.parent,
            plan_digest=stream.plan_digest,
            document=stream.document,
            fence=0,
            worker="",
            state="",
            last_seq=0,
        )
        self._streams[stream.id] = created
        self._events[stream.id] = []
        return created

    async def stream(self, stream_id: str) -> Stream:
        if stream_id not in self._streams:
            raise NotFound("no such run or rollout is stored.", where=stream_id)
        return self._streams[stream_id]

    async def streams(
        self,
        *,
        kind: StreamKind | None = None,
        parent: str | None = None,
        subject: str | None = None,
        plan_digest: str | None = None,
        state: str | None = None,
    ) -> tuple[Stream, ...]:
        return tuple(
            stream
            for stream in self._streams.values()
            if kind in (None, stream.kind)
            and parent in (None, stream.parent)
            and subject in (None, stream.subject)
            and plan_digest in (None, stream.plan_digest)
            and state in (None, stream.state)
        )

    async def claim(self, stream_id: str, worker: str) -> int:
        stream = await self.stream(stream_id)
        self._streams[stream_id] = replace(stream, fence=stream.fence + 1, worker=worker)
        return stream.fence + 1

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
        stream = await self.stream(stream_id)
        if stream.fence != fence:
            raise Fenced(stream_id, stream.worker)
        if stream.last_seq != expected_seq:
            raise OutOfDate(stream_id, expected_seq, stream.last_seq)
        return self._add(stream, events, format, stream.state if state is None else state)

    async def request(self, stream_id: str, event: bytes, *, format: int) -> int:
        stream = await self.stream(stream_id)
        return self._add(stream, [event], format, stream.state)

    def _add(self, stream: Stream, events: Sequence[bytes], format: int, state: str) -> int:
        journal = self._events[stream.id]
        journal.extend(
            Entry(seq, format, event) for seq, event in enumerate(events, start=stream.last_seq + 1)
        )
        self._streams[stream.id] = replace(stream, last_seq=len(journal), state=state)
        return len(journal)

    async def events(self, stream_id: str, *, after: int = 0) -> tuple[Entry, ...]:
        await self.stream(stream_id)
        return tuple(self._events[stream_id][after:])

    async def stop(self, stop: Stop) -> None:
        self._stop = stop

    async def stopped(self) -> Stop | None:
        return self._stop

    async def lift_stop(self, *, by: str, at: datetime) -> None:
        self._stop = None

    async def close(self) -> None:
        pass
