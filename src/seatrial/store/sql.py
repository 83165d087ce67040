"""`Store` in a SQL database: short transactions, one per call.

On SQLite they run inside the event loop: each takes milliseconds, and a thread would cost more than
it saves and let a simulated clock run on meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from seatrial.errors import BadFormat, NewerFormat, NotFound
from seatrial.store.failures import database_errors_named
from seatrial.store.protocol import (
    Approval,
    Entry,
    Fenced,
    NewStream,
    OutOfDate,
    Stop,
    Stream,
    StreamKind,
    already_exists,
)
from seatrial.store.sqlite_file import sqlite_engine
from seatrial.store.tables import APPROVALS, EVENTS, METADATA, PLANS, SCHEMA, SCHEMA_VERSION, STOPS, STREAMS


def open_store(path: Path | None) -> SqlStore:
    """State in a SQLite file; raise `NewerFormat` where a newer Seatrial wrote it."""
    where = str(path) if path else "memory"
    with database_errors_named(where):
        store = SqlStore(sqlite_engine(path), where)
        store.prepare()
    return store


class SqlStore:
    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._where = where

    def prepare(self) -> None:
        """Make the tables in an empty database; refuse a schema that we do not know."""
        with self._write() as db:
            if not inspect(db).has_table(SCHEMA.name):
                if inspect(db).get_table_names():
                    raise BadFormat(
                        "this database is not Seatrial's.",
                        where=self._where,
                        next_step="Name another file with --state.",
                    )
                METADATA.create_all(db)
                db.execute(insert(SCHEMA).values(version=SCHEMA_VERSION))
                return
            found = db.scalar(select(func.max(SCHEMA.c.version)))
            if found is None:
                raise BadFormat(
                    "the state file is damaged.", where=self._where, next_step="Restore it from a backup."
                )
            if found > SCHEMA_VERSION:
                raise NewerFormat("state file", found, SCHEMA_VERSION, where=self._where)

    async def save_plan(self, digest: str, document: bytes) -> None:
        with suppress(IntegrityError), self._write() as db:  # it is there already
            db.execute(insert(PLANS).values(digest=digest, document=document))

    async def plan(self, digest: str) -> bytes:
        with self._read() as db:
            found: bytes | None = db.scalar(select(PLANS.c.document).where(PLANS.c.digest == digest))
        if found is None:
            raise NotFound("no such plan is stored.", where=digest)
        return found

    async def create(self, stream: NewStream) -> Stream:
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
            with self._write() as db:
                db.execute(insert(STREAMS).values(**row))
        except IntegrityError as error:
            raise already_exists(stream.id) from error
        return await self.stream(stream.id)

    async def stream(self, stream_id: str) -> Stream:
        with self._read() as db:
            return self._stream(db, stream_id)

    async def streams(
        self,
        *,
        kind: StreamKind | None = None,
        parent: str | None = None,
        subject: str | None = None,
        plan_digest: str | None = None,
    ) -> tuple[Stream, ...]:
        query = select(STREAMS).order_by(STREAMS.c.number)
        wanted = {
            "kind": kind.value if kind else None,
            "parent": parent,
            "subject": subject,
            "plan_digest": plan_digest,
        }
        for column, value in wanted.items():
            if value is not None:
                query = query.where(STREAMS.c[column] == value)
        with self._read() as db:
            return tuple(_stream(row) for row in db.execute(query))

    async def claim(self, stream_id: str, worker: str) -> int:
        with self._write() as db:
            db.execute(
                update(STREAMS)
                .where(STREAMS.c.id == stream_id)
                .values(fence=STREAMS.c.fence + 1, worker=worker)
            )
            return self._stream(db, stream_id).fence

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
        with self._write() as db:
            done = db.execute(
                update(STREAMS)
                .where(
                    STREAMS.c.id == stream_id, STREAMS.c.fence == fence, STREAMS.c.last_seq == expected_seq
                )
                .values(**changes)
            )
            if done.rowcount == 0:
                found = self._stream(db, stream_id)
                if found.fence != fence:
                    raise Fenced(stream_id, found.worker)
                raise OutOfDate(stream_id, expected_seq, found.last_seq)
            _insert_events(db, stream_id, events, expected_seq, format)
        return last

    async def request(self, stream_id: str, event: bytes, *, format: int) -> int:
        with self._write() as db:
            db.execute(
                update(STREAMS).where(STREAMS.c.id == stream_id).values(last_seq=STREAMS.c.last_seq + 1)
            )
            last = self._stream(db, stream_id).last_seq
            _insert_events(db, stream_id, [event], last - 1, format)
        return last

    async def events(self, stream_id: str, *, after: int = 0) -> tuple[Entry, ...]:
        query = (
            select(EVENTS.c.seq, EVENTS.c.format, EVENTS.c.event)
            .where(EVENTS.c.stream_id == stream_id, EVENTS.c.seq > after)
            .order_by(EVENTS.c.seq)
        )
        with self._read() as db:
            entries = tuple(Entry(seq, format, event) for seq, format, event in db.execute(query))
            if not entries:
                self._stream(db, stream_id)
        return entries

    async def add_approval(self, approval: Approval) -> None:
        with self._write() as db:
            db.execute(
                insert(APPROVALS).values(
                    subject=approval.subject,
                    digest=approval.digest,
                    by=approval.by,
                    at=approval.at,
                    envelope=approval.envelope,
                    expires_at=approval.expires_at,
                )
            )

    async def approvals(self, subject: str) -> tuple[Approval, ...]:
        query = select(APPROVALS).where(APPROVALS.c.subject == subject).order_by(APPROVALS.c.number)
        with self._read() as db:
            return tuple(
                Approval(row.subject, row.digest, row.by, row.at, row.envelope, row.expires_at)
                for row in db.execute(query)
            )

    async def stop(self, stop: Stop) -> None:
        with self._write() as db:
            db.execute(insert(STOPS).values(by=stop.by, at=stop.at, why=stop.why))

    async def stopped(self) -> Stop | None:
        query = select(STOPS).where(STOPS.c.lifted_at.is_(None)).order_by(STOPS.c.number.desc()).limit(1)
        with self._read() as db:
            row = db.execute(query).first()
        return Stop(row.by, row.at, row.why) if row else None

    async def lift_stop(self, *, by: str, at: datetime) -> None:
        with self._write() as db:
            db.execute(update(STOPS).where(STOPS.c.lifted_at.is_(None)).values(lifted_by=by, lifted_at=at))

    async def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with database_errors_named(self._where), self._engine.begin() as db:
            yield db

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with database_errors_named(self._where), self._writing.begin() as db:
            yield db

    def _stream(self, db: Connection, stream_id: str) -> Stream:
        row = db.execute(select(STREAMS).where(STREAMS.c.id == stream_id)).first()
        if row is None:
            raise NotFound("no such run or rollout is stored.", where=stream_id)
        return _stream(row)


def _insert_events(db: Connection, stream_id: str, events: Sequence[bytes], after: int, format: int) -> None:
    if events:
        db.execute(
            insert(EVENTS),
            [
                {"stream_id": stream_id, "seq": seq, "format": format, "event": event}
                for seq, event in enumerate(events, start=after + 1)
            ],
        )


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
