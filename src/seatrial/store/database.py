"""What `SqlStore` asks of a database: short transactions, awaited, whatever driver is beneath."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, CursorResult, Engine, Executable

from seatrial.store.failures import database_errors_named
from seatrial.store.schema import prepare_schema
from seatrial.store.sqlite_file import sqlite_engine

Rows = Sequence[Mapping[str, Any]]


class Transaction(Protocol):
    async def execute(self, statement: Executable, rows: Rows | None = None) -> CursorResult[Any]:
        """Run one statement; its rows are fetched already."""


class Database(Protocol):
    where: str
    """For messages; holds no password."""

    def reading(self) -> AbstractAsyncContextManager[Transaction]: ...

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """All or nothing; its own reads see what no other writer can change meanwhile."""

    async def close(self) -> None: ...


class SqliteDatabase:
    """Runs inside the event loop: each transaction takes milliseconds, and a thread would cost more than
    it saves and let a simulated clock run on meanwhile."""

    def __init__(self, path: Path | None) -> None:
        self.where = str(path) if path else "memory"
        with database_errors_named(self.where):
            self.engine: Engine = sqlite_engine(path)
            self._for_writing = self.engine.execution_options(writes=True)
            try:
                with self._for_writing.begin() as db:
                    prepare_schema(db, self.where)
            except BaseException:
                self.engine.dispose()  # else its file, and what it is mounted from, stay busy
                raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        with database_errors_named(self.where), self.engine.begin() as db:
            yield _AtOnce(db)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        with database_errors_named(self.where), self._for_writing.begin() as db:
            yield _AtOnce(db)

    async def close(self) -> None:
        self.engine.dispose()


class _AtOnce:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, rows: Rows | None = None) -> CursorResult[Any]:
        return self._connection.execute(statement, rows)
