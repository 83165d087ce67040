"""Filled databases of older schemas are carried over whole, on both databases; newer ones are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text
from tests.store import schema_1

from seatrial.errors import BadFormat
from seatrial.store import Entry, Stop
from seatrial.store.location import PostgresAddress
from seatrial.store.postgres import SCHEMA_NAME, open_postgres
from seatrial.store.schema import prepare_schema
from seatrial.store.sql import SqlStore, open_store
from seatrial.store.tables import METADATA, SCHEMA_VERSION

T0 = datetime(2026, 3, 1, 9, tzinfo=UTC)
Open = Callable[[], Awaitable[SqlStore]]


@pytest.fixture(params=["sqlite", "postgres"])
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a filled database of schema 1."""
    if request.param == "sqlite":
        path = tmp_path / "seatrial.db"
        engine = create_engine(f"sqlite:///{path}")

        async def open_it() -> SqlStore:
            return open_store(path)
    else:
        url = request.getfixturevalue("database_url")
        with psycopg.connect(url) as db:
            db.execute(f"CREATE SCHEMA {SCHEMA_NAME}")
        engine = create_engine(
            url.replace("postgresql://", "postgresql+psycopg://"),
            connect_args={"options": f"-c search_path={SCHEMA_NAME}"},
        )

        async def open_it() -> SqlStore:
            return await open_postgres(PostgresAddress(url, "postgres of the tests"))

    with engine.begin() as connection:
        schema_1.fill(connection)
    yield open_it
    with engine.connect() as connection:
        found = _shape(connection)
    engine.dispose()
    fresh = create_engine("sqlite://")
    with fresh.begin() as connection:
        prepare_schema(connection, "fresh")
        assert found == _shape(connection), "a migrated database has the tables of a new one"


def _shape(connection: object) -> dict[str, set[str]]:
    seen = inspect(connection)
    return {table: {column["name"] for column in seen.get_columns(table)} for table in seen.get_table_names()}  # type: ignore[union-attr]


async def test_a_filled_database_of_schema_1_is_carried_over_whole(old: Open) -> None:
    store = await old()
    runs = await store.streams()
    assert [run.id for run in runs] == [f"run-{number}" for number in range(schema_1.RUNS)]
    for number, run in enumerate(runs):
        assert (run.fence, run.worker, run.state, run.last_seq) == (3, "host-a", "running", schema_1.EVENTS)
        assert await store.events(run.id) == tuple(
            Entry(seq, 1, schema_1.event(number, seq)) for seq in range(1, schema_1.EVENTS + 1)
        )
    assert await store.plan("d1") == b'{"plan":1}'
    assert await store.stopped() == Stop("ann", T0, "incident")
    fence = await store.claim("run-0", "host-b")
    assert await store.append("run-0", fence, [b"new"], expected_seq=schema_1.EVENTS, format=1) == 26
    await store.save_input("c", b"chart")
    await store.close()
    again = await old()
    assert len(await again.events("run-0")) == 26
    await again.close()


async def test_what_was_migrated_is_checked_for_damage_too(tmp_path: Path) -> None:
    path = tmp_path / "seatrial.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        schema_1.fill(connection)
    engine.dispose()
    await open_store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE events SET event = X'00' WHERE stream_id = 'run-3' AND seq = 7")
    store = open_store(path)
    with pytest.raises(BadFormat, match="run-3: journal entry 7 is damaged"):
        await store.events("run-3")
    assert len(await store.events("run-4")) == schema_1.EVENTS
    await store.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seatrial.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        schema_1.fill(connection)
        connection.execute(
            text("CREATE TRIGGER no BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        )
    before = _dump(path)
    with pytest.raises(Exception, match="disk full"):
        open_store(path)
    assert _dump(path) == before


def test_the_newest_migration_leads_to_the_version_of_the_tables() -> None:
    from seatrial.store.schema import _MIGRATIONS

    assert sorted(_MIGRATIONS) == list(range(2, SCHEMA_VERSION + 1))
    assert METADATA.tables


def _dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as db:
        return list(db.iterdump())
