from __future__ import annotations

import asyncio

import pytest

from seatrial.store import postgres
from seatrial.store.location import PostgresAddress, read_location


async def test_runs_that_queue_for_a_connection_do_not_take_the_database_for_away(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ANSWER_WITHIN", 1.0)
    address = read_location(database_url, {"SEATRIAL_STATE": database_url})
    assert isinstance(address, PostgresAddress)
    database = postgres.PostgresDatabase(address)
    ended = 0

    async def read() -> None:
        nonlocal ended
        async with database.reading():
            await asyncio.sleep(0.15)
        ended += 1

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(160):
                group.create_task(read())
    finally:
        await database.close()
    assert ended == 160
