"""Procrastinate's way to PostgreSQL: one connection, made when it is needed and again after it broke."""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString

from procrastinate.connector import BaseAsyncConnector
from procrastinate.exceptions import UniqueViolation
from psycopg import AsyncConnection, Error, errors
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from seatrial.errors import SeatrialError
from seatrial.store.location import PostgresAddress
from seatrial.store.postgres import ANSWER_WITHIN, connection_arguments
from seatrial.store.postgres_failures import name_failure, no_answer


class JobConnection(BaseAsyncConnector):
    """Queries one after another; they are few and small. Its errors are ours, without secrets."""

    def __init__(self, address: PostgresAddress, schema: str) -> None:
        self._address = address
        self._arguments = connection_arguments(address, schema)
        self._connection: AsyncConnection[DictRow] | None = None
        self._turn = asyncio.Lock()

    async def open_async(self, pool: Any = None) -> None:
        """Nothing to open before the first query."""

    async def close_async(self) -> None:
        async with self._turn:
            await self._hang_up()

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        await self._run(query, arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        return (await self._run(query, arguments))[0]

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        return await self._run(query, arguments)

    async def _run(self, query: LiteralString, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._turn:
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    connection = await self._connected()
                    cursor = await connection.execute(query, _adapted(arguments))
                    return await cursor.fetchall() if cursor.description else []
            except errors.UniqueViolation as error:
                found = error.diag.constraint_name
                raise UniqueViolation(constraint_name=found, queueing_lock=None) from None
            except Error as error:
                await self._hang_up()
                raise self._named(error) from None
            except (TimeoutError, OSError):
                await self._hang_up()
                raise no_answer(self._address.shown) from None
            except asyncio.CancelledError:
                await self._hang_up()
                raise

    async def _connected(self) -> AsyncConnection[DictRow]:
        if self._connection is None or self._connection.closed:
            self._connection = await AsyncConnection.connect(
                self._address.url, autocommit=True, row_factory=dict_row, **self._arguments
            )
        return self._connection

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    def _named(self, error: Error) -> SeatrialError | Error:
        return name_failure(error, self._address.shown, self._address.secrets) or error


def _adapted(value: Any) -> Any:
    """The top level are parameters; mappings below it are JSON columns."""
    return {name: _as_parameter(each) for name, each in value.items()}


def _as_parameter(value: Any) -> Any:
    match value:
        case dict():
            return Jsonb(value)
        case list():
            return [_as_parameter(each) for each in value]
        case tuple():
            return tuple(_as_parameter(each) for each in value)
        case _:
            return value
