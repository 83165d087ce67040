"""`Store` in a SQL database: short transactions, one per call, the same on SQLite and PostgreSQL.

Every change of a stream starts with an UPDATE of its row, which locks it until the transaction ends: on
PostgreSQL a second writer waits there and then sees the row as the first one left it, so its fence and
sequence number are compared with the newest; on SQLite there is one writer at a time anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from seatrial.errors import BadFormat, NotFound
from seatrial.store.checksum import entry_checksum
from seatrial.store.database import Database, SqliteDatabase, Transaction
from seatrial.store.failures import is_there_already
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
from seatrial.store.tables import EVENTS, INPUTS, PLANS, SCHEMA, STOPS, STREAMS


def open_store(path: Path | None) -> SqlStore:
    """State in a SQLite file; raise `NewerFormat` where a newer Seatrial wrote it."""
    return SqlStore(SqliteDatabase(path))


class SqlStore:
    def __init__(self, database: Database) -> None:
        self.database = database

    async def save_plan(self, digest: str, document: bytes) -> None:
        with _kept_if_there():
            async with self.database.writing() as db:
                await db.execute(insert(PLANS).values(digest=digest, document=document))

    async def plan(self, digest: str) -> bytes:
        async with self.database.reading() as db:
            found = await db.execute(select(PLANS.c.document).where(PLANS.c.digest == digest))
        return _only(found.scalar(), "plan", digest)

    async def save_input(self, digest: str, content: bytes) -> None:
        with _kept_if_there():
            async with self.database.writing() as db:
                await db.execute(insert(INPUTS).values(digest=digest, content=content))

    async def input(self, digest: str) -> bytes:
        async with self.database.reading() as db:
            found = await db.execute(select(INPUTS.c.content).where(INPUTS.c.digest == digest))
        return _only(found.scalar(), "input", digest)

    async def create(self, stream: NewStream, *, newest: str | None = None) -> Stream:
        row = {
            "id": stream.id,
            "kind": stream.kind.value,
            "created_at": stream.created_at,
            "subject": stream.subject,
            "parent": stream.parent,
            "plan_digest": stream.plan_digest,
            "document": stream.document,
            "fence": 0,
            "worker": "",
            "state": "",
            "last_seq": 0,
        }
        try:
            async with self.database.writing() as db:
                if newest is not None:
                    await _refuse_newer(db, stream.kind, newest)
                await db.execute(insert(STREAMS).values(**row))
        except IntegrityError as error:
            if not is_there_already(error):
                raise
            raise already_exists(stream.id) from error
        return await self.stream(stream.id)

    async def stream(self, stream_id: str) -> Stream:
        async with self.database.reading() as db:
            return await self._stream(db, stream_id)

    async def streams(
        self,
        *,
        kind: StreamKind | None = None,
        parent: str | None = None,
        subject: str | None = None,
        plan_digest: str | None = None,
        state: str | None = None,
    ) -> tuple[Stream, ...]:
        query = select(STREAMS).order_by(STREAMS.c.number)
        wanted = {
            "kind": kind.value if kind else None,
            "parent": parent,
            "subject": subject,
            "plan_digest": plan_digest,
            "state": state,
        }
        for column, value in wanted.items():
            if value is not None:
                query = query.where(STREAMS.c[column] == value)
        async with self.database.reading() as db:
            return tuple(_stream(row) for row in await db.execute(query))

    async def claim(self, stream_id: str, worker: str) -> int:
        async with self.database.writing() as db:
            await db.execute(
                update(STREAMS)
                .where(STREAMS.c.id == stream_id)
                .values(fence=STREAMS.c.fence + 1, worker=worker)
            )
            return (await self._stream(db, stream_id)).fence

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
        last = expected_seq + len(events)
        changes: dict[str, Any] = {"last_seq": last} | ({} if state is None else {"state": state})
        async with self.database.writing() as db:
            done = await db.execute(
                update(STREAMS)
                .where(
                    STREAMS.c.id == stream_id, STREAMS.c.fence == fence, STREAMS.c.last_seq == expected_seq
                )
                .values(**changes)
            )
            if done.rowcount == 0:
                found = await self._stream(db, stream_id)
                if found.fence != fence:
                    raise Fenced(stream_id, found.worker)
                raise OutOfDate(stream_id, expected_seq, found.last_seq)
            await _insert_events(db, stream_id, events, expected_seq, format)
        return last

    async def request(self, stream_id: str, event: bytes, *, format: int) -> int:
        async with self.database.writing() as db:
            await db.execute(
                update(STREAMS).where(STREAMS.c.id == stream_id).values(last_seq=STREAMS.c.last_seq + 1)
            )
            last = (await self._stream(db, stream_id)).last_seq
            await _insert_events(db, stream_id, [event], last - 1, format)
        return last

    async def events(self, stream_id: str, *, after: int = 0) -> tuple[Entry, ...]:
        columns = EVENTS.c.seq, EVENTS.c.format, EVENTS.c.event, EVENTS.c.checksum
        query = (
            select(*columns)
            .where(EVENTS.c.stream_id == stream_id, EVENTS.c.seq > after)
            .order_by(EVENTS.c.seq)
        )
        async with self.database.reading() as db:
            rows = (await db.execute(query)).all()
            if not rows and (await self._stream(db, stream_id)).last_seq > after:
                rows = (await db.execute(query)).all()  # they came in between
                if not rows:
                    raise _damaged(stream_id, after + 1, "is missing")
        return tuple(_entry(stream_id, seq, row) for seq, row in enumerate(rows, start=after + 1))

    async def stop(self, stop: Stop) -> None:
        async with self.database.writing() as db:
            await db.execute(insert(STOPS).values(by=stop.by, at=stop.at, why=stop.why))

    async def stopped(self) -> Stop | None:
        query = select(STOPS).where(STOPS.c.lifted_at.is_(None)).order_by(STOPS.c.number.desc()).limit(1)
        async with self.database.reading() as db:
            row = (await db.execute(query)).first()
        return Stop(row.by, row.at, row.why) if row else None

    async def lift_stop(self, *, by: str, at: datetime) -> None:
        async with self.database.writing() as db:
            await db.execute(
                update(STOPS).where(STOPS.c.lifted_at.is_(None)).values(lifted_by=by, lifted_at=at)
            )

    async def close(self) -> None:
        await self.database.close()

    async def _stream(self, db: Transaction, stream_id: str) -> Stream:
        row = (await db.execute(select(STREAMS).where(STREAMS.c.id == stream_id))).first()
        if row is None:
            raise NotFound("no such run or rollout is stored.", where=stream_id)
        return _stream(row)


async def _refuse_newer(db: Transaction, kind: StreamKind, newest: str) -> None:
    """The row of the schema's version serves as the lock: whoever asks this waits for the one before."""
    await db.execute(update(SCHEMA).values(version=SCHEMA.c.version))
    query = select(STREAMS.c.id).where(STREAMS.c.kind == kind.value).order_by(STREAMS.c.number.desc())
    found = (await db.execute(query.limit(1))).scalar() or ""
    if found != newest:
        raise Overtaken(found)


@contextmanager
def _kept_if_there() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if not is_there_already(error):
            raise


async def _insert_events(
    db: Transaction, stream_id: str, events: Sequence[bytes], after: int, format: int
) -> None:
    if events:
        await db.execute(
            insert(EVENTS),
            [
                {
                    "stream_id": stream_id,
                    "seq": seq,
                    "format": format,
                    "event": event,
                    "checksum": entry_checksum(stream_id, seq, format, event),
                }
                for seq, event in enumerate(events, start=after + 1)
            ],
        )


def _entry(stream_id: str, seq: int, row: Row[Any]) -> Entry:
    if row.seq != seq:
        raise _damaged(stream_id, seq, "is missing")
    if not isinstance(row.event, bytes) or (
        row.checksum is not None and row.checksum != entry_checksum(stream_id, seq, row.format, row.event)
    ):
        raise _damaged(stream_id, seq, "is damaged")
    return Entry(seq, row.format, row.event)


def _damaged(stream_id: str, seq: int, what: str) -> BadFormat:
    return BadFormat(
        f"journal entry {seq} {what}, so what was done cannot be known.",
        where=stream_id,
        next_step="Restore the state from a backup; nothing more is done to the cluster until then.",
    )


def _only(found: bytes | None, kind: str, digest: str) -> bytes:
    if found is None:
        raise NotFound(f"no such {kind} is stored.", where=digest)
    return found


def _stream(row: Row[Any]) -> Stream:
    return Stream(
        id=row.id,
        kind=StreamKind(row.kind),
        created_at=row.created_at,
        subject=row.subject,
        parent=row.parent,
        plan_digest=row.plan_digest,
        document=row.document,
        fence=row.fence,
        worker=row.worker,
        state=row.state,
        last_seq=row.last_seq,
    )
