"""Our tables in PostgreSQL, in a schema of their own, for state that many machines share."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import CursorResult, Executable, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from seatrial.errors import PermanentError
from seatrial.store.database import Rows, Transaction
from seatrial.store.location import PostgresAddress, secrets_of
from seatrial.store.schema import prepare_schema
from seatrial.store.sql import SqlStore

SCHEMA_NAME = "seatrial"
ANSWER_WITHIN = 20.0
"""Wall seconds for one transaction of ours, which takes milliseconds where all is well."""
_CONNECT_WITHIN = 5  # seconds for each host of the URL
_CONNECTIONS = 8
"""Transactions at a time; those of hundreds of runs queue for milliseconds, and waiting in our own queue
is no sign that the database is away."""


async def open_postgres(address: PostgresAddress) -> SqlStore:
    """State in PostgreSQL, its schema made or migrated; raise `NewerFormat` for a newer one."""
    database = PostgresDatabase(address)
    try:
        await database.prepare()
    except BaseException:
        await database.close()
        raise
    return SqlStore(database)


def connection_arguments(address: PostgresAddress, schema: str) -> dict[str, Any]:
    """How every connection of ours is made, besides the URL."""
    password = {"password": address.password} if address.password and not secrets_of(address.url) else {}
    return password | {
        "connect_timeout": _CONNECT_WITHIN,
        "application_name": "seatrial",
        # A machine that vanished is noticed in seconds rather than in two hours.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        "options": f"-c search_path={schema}",
    }


def require_drivers() -> None:
    """Raise where `seatrial` was installed without its `postgres` extra."""
    missing = [name for name in ("psycopg", "procrastinate") if importlib.util.find_spec(name) is None]
    if missing:
        raise PermanentError(
            f"state in PostgreSQL needs {' and '.join(missing)}, which is not installed.",
            next_step="pip install 'seatrial[postgres]'",
        )


class PostgresDatabase:
    """`Database` over a pool of connections."""

    def __init__(self, address: PostgresAddress) -> None:
        require_drivers()
        from psycopg import AsyncConnection as Driver

        self.where = address.shown
        self._secrets = address.secrets

        async def connect(**_: Any) -> Driver[Any]:
            connection = await Driver.connect(address.url, **connection_arguments(address, SCHEMA_NAME))
            await _make_durable(connection)
            return connection

        self.engine: AsyncEngine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=connect,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_timeout=ANSWER_WITHIN,
            hide_parameters=True,
            isolation_level="READ COMMITTED",  # see `sql` for why that is enough
        )
        self._turns = asyncio.Semaphore(_CONNECTIONS)
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    async def prepare(self) -> None:
        async with self._named(), self.engine.begin() as db:
            await db.execute(text("SELECT pg_advisory_xact_lock(hashtext('seatrial schema'))"))
            there = await db.execute(text("SELECT to_regnamespace(:name)"), {"name": SCHEMA_NAME})
            if there.scalar() is None:
                await db.execute(text(f"CREATE SCHEMA {SCHEMA_NAME}"))
            await db.run_sync(lambda connection: prepare_schema(connection, self.where))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        async with self._turns, self._named(), self._reading.connect() as db:
            yield _Awaited(db)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        async with self._turns, self._named(), self.engine.begin() as db:
            yield _Awaited(db)

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def _named(self) -> AsyncIterator[None]:
        """Our errors for the driver's; no text that could hold a secret."""
        from psycopg import Error

        from seatrial.store.postgres_failures import name_failure, no_answer

        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                yield
        except DBAPIError as error:
            named = name_failure(error.orig, self.where, self._secrets)
            if named is None:
                raise  # the caller knows what it means
            raise named from None
        except Error as error:  # while connecting
            raise name_failure(error, self.where, self._secrets) or error from None
        except (TimeoutError, NoFreeConnection, OSError):
            raise no_answer(self.where) from None


async def _make_durable(connection: Any) -> None:
    """An intent that is lost after the call that it announces would be worthless."""
    found = await (await connection.execute("SHOW synchronous_commit")).fetchone()
    if found[0] == "off":
        await connection.execute("SET synchronous_commit = on")
    await connection.commit()


class _Awaited:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, rows: Rows | None = None) -> CursorResult[Any]:
        return await self._connection.execute(statement, rows)
