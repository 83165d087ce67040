"""PostgreSQL under the store: real connections that race, a server that goes away, words without secrets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from tests.postgres import PostgresServer

from seatrial.clock import WallClock
from seatrial.errors import BadFormat, BadInput, Forbidden, NewerFormat, PermanentError, SeatrialError
from seatrial.store import Fenced, NewStream, OutOfDate, StateAway, StreamKind
from seatrial.store.location import PostgresAddress, read_location, take_location
from seatrial.store.patient import Outage, PatientStore
from seatrial.store.postgres import SCHEMA_NAME, open_postgres
from seatrial.store.postgres_failures import name_failure
from seatrial.store.sql import SqlStore

T0 = datetime(2026, 3, 1, 9, tzinfo=UTC)
RUN = NewStream(id="run-1", kind=StreamKind.CLUSTER_RUN, created_at=T0)
SECRET = "sea-trial-canary"  # the password of the tests' server


def address(url: str) -> PostgresAddress:
    found = read_location(url, {"SEATRIAL_STATE": url})
    assert isinstance(found, PostgresAddress)
    return found


async def test_of_many_connections_that_append_after_the_same_entry_one_wins(database_url: str) -> None:
    stores = [await open_postgres(address(database_url)) for _ in range(2)]
    await stores[0].create(RUN)
    fence = await stores[0].claim("run-1", "a")

    async def append(number: int) -> str:
        try:
            await stores[number % 2].append("run-1", fence, [b"%d" % number], expected_seq=0, format=1)
        except OutOfDate:
            return "out of date"
        return str(number)

    ends = await asyncio.gather(*(append(number) for number in range(20)))
    (winner,) = [end for end in ends if end != "out of date"]
    assert [entry.event for entry in await stores[1].events("run-1")] == [winner.encode()]
    for store in stores:
        await store.close()


async def test_an_append_that_races_a_claim_is_either_before_it_or_refused(database_url: str) -> None:
    old, new = await open_postgres(address(database_url)), await open_postgres(address(database_url))
    for number in range(25):
        run = NewStream(id=f"run-{number}", kind=StreamKind.CLUSTER_RUN, created_at=T0)
        await old.create(run)
        fence = await old.claim(run.id, "old")
        appended, claimed = await asyncio.gather(
            old.append(run.id, fence, [b"old"], expected_seq=0, format=1),
            new.claim(run.id, "new"),
            return_exceptions=True,
        )
        assert claimed == fence + 1
        entries = [entry.event for entry in await new.events(run.id)]
        assert isinstance(appended, Fenced) == (entries == [])
        with pytest.raises(Fenced):  # and nothing after it
            await old.append(run.id, fence, [b"late"], expected_seq=len(entries), format=1)
    await old.close()
    await new.close()


async def test_an_append_waits_for_a_transaction_that_holds_the_row_and_then_sees_its_fence(
    database_url: str,
) -> None:
    store = await open_postgres(address(database_url))
    await store.create(RUN)
    fence = await store.claim("run-1", "a")
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute(f"UPDATE {SCHEMA_NAME}.streams SET fence = fence + 1, worker = 'b'")
        append = asyncio.create_task(store.append("run-1", fence, [b"x"], expected_seq=0, format=1))
        await asyncio.sleep(0.2)
        assert not append.done()
        await other.commit()
    with pytest.raises(Fenced, match="b has taken over"):
        await append
    assert await store.events("run-1") == ()
    await store.close()


async def test_many_processes_may_prepare_an_empty_database_at_once(database_url: str) -> None:
    stores = await asyncio.gather(*(open_postgres(address(database_url)) for _ in range(5)))
    await stores[0].create(RUN)
    assert (await stores[4].stream("run-1")).id == "run-1"
    for store in stores:
        await store.close()


async def test_other_peoples_tables_in_the_database_are_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url) as db:
        db.execute("CREATE TABLE streams (theirs int)")
    store = await open_postgres(address(database_url))
    await store.create(RUN)
    with psycopg.connect(database_url) as db:
        assert db.execute("SELECT * FROM public.streams").fetchall() == []
    await store.close()


async def test_a_newer_schema_is_refused(database_url: str) -> None:
    await (await open_postgres(address(database_url))).close()
    with psycopg.connect(database_url) as db:
        db.execute(f"INSERT INTO {SCHEMA_NAME}.seatrial_schema VALUES (99)")
    with pytest.raises(NewerFormat, match="format 99"):
        await open_postgres(address(database_url))


async def test_a_stopped_server_is_waited_for_and_an_append_whose_receipt_was_lost_is_not_repeated(
    postgres_server: PostgresServer, database_url: str
) -> None:
    said: list[str] = []
    clock = WallClock()
    store = await open_postgres(address(database_url))
    patient = PatientStore(store, clock, Outage(clock, said.append))
    await patient.create(RUN)
    fence = await patient.claim("run-1", "a")
    postgres_server.stop()
    try:
        with pytest.raises(StateAway) as caught:
            await store.events("run-1")
        assert SECRET not in str(caught.value)
        waiting = asyncio.create_task(patient.append("run-1", fence, [b"a"], expected_seq=0, format=1))
        await asyncio.sleep(0.7)
        assert not waiting.done()
    finally:
        postgres_server.start()
    assert await waiting == 1
    assert [entry.event for entry in await patient.events("run-1")] == [b"a"]
    assert len(said) == 2
    assert said[0].endswith("Waiting for it; nothing is lost.")
    assert said[1].startswith("The database answers again after")
    await store.close()


async def test_a_frozen_server_is_given_up_for_now(
    postgres_server: PostgresServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await open_postgres(address(database_url))
    await store.create(RUN)
    monkeypatch.setattr("seatrial.store.postgres.ANSWER_WITHIN", 0.5)
    postgres_server.freeze()
    waker = asyncio.get_running_loop().call_later(1.5, postgres_server.wake)
    try:
        with pytest.raises(StateAway):
            await store.stream("run-1")
    finally:
        waker.cancel()
        postgres_server.wake()
    monkeypatch.undo()
    assert (await store.stream("run-1")).id == "run-1"
    await store.close()


async def test_a_damaged_or_missing_journal_entry_is_named(database_url: str) -> None:
    store = await _filled(database_url)
    with psycopg.connect(database_url) as db:
        db.execute(f"UPDATE {SCHEMA_NAME}.events SET event = '\\x00' WHERE seq = 2")
    with pytest.raises(BadFormat, match="journal entry 2 is damaged"):
        await store.events("run-1")
    with psycopg.connect(database_url) as db:
        db.execute(f"DELETE FROM {SCHEMA_NAME}.events WHERE seq = 2")
    with pytest.raises(BadFormat, match="journal entry 2 is missing"):
        await store.events("run-1")
    await store.close()


async def test_a_read_only_database_is_waited_for(database_url: str) -> None:
    """As after a failover to a standby that is not promoted yet."""
    store = await _filled(database_url)
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("ALTER USER ship SET default_transaction_read_only = on")
    try:
        reader = await open_postgres_without_preparing(database_url)
        with pytest.raises(StateAway, match="read-only"):
            await reader.request("run-1", b"pause", format=1)
        assert len(await reader.events("run-1")) == 3
        await reader.close()
    finally:
        with psycopg.connect(database_url, autocommit=True) as db:
            db.execute("SET default_transaction_read_only = off")
            db.execute("ALTER USER ship RESET default_transaction_read_only")
    await store.close()


@pytest.mark.parametrize(
    ("old", "new", "kind", "text"),
    [
        (SECRET, "wrong-canary", PermanentError, "refuses this user or password"),
        ("/test_", "/nowhere_", PermanentError, "no such database"),
        ("127.0.0.1", "127.0.0.9", StateAway, "cannot be reached"),
        (SECRET, "%%canary", BadInput, "cannot be used"),
    ],
)
async def test_what_keeps_us_out_is_said_without_the_password(
    database_url: str, old: str, new: str, kind: type[SeatrialError], text: str
) -> None:
    url = database_url.replace(old, new)
    with pytest.raises(kind, match=text) as caught:
        await open_postgres(address(url))
    assert "canary" not in f"{caught.value!r} {caught.value}"
    assert caught.value.next_step


async def test_a_user_without_rights_is_told_what_to_grant(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("DROP ROLE IF EXISTS guest")
        db.execute("CREATE ROLE guest LOGIN PASSWORD 'guest-canary'")
    url = database_url.replace(f"ship:{SECRET}", "guest:guest-canary")
    with pytest.raises(Forbidden, match="may not do that") as caught:
        await open_postgres(address(url))
    assert "GRANT CREATE" in caught.value.next_step


async def _filled(url: str) -> SqlStore:
    store = await open_postgres(address(url))
    await store.create(RUN)
    fence = await store.claim("run-1", "a")
    await store.append("run-1", fence, [b"a", b"b", b"c"], expected_seq=0, format=1)
    return store


async def open_postgres_without_preparing(url: str) -> SqlStore:
    from seatrial.store.postgres import PostgresDatabase

    return SqlStore(PostgresDatabase(address(url)))


def test_a_password_is_refused_on_the_command_line_and_welcome_in_the_environment() -> None:
    url = "postgresql://ann:canary@db.example.com:5432/fleet?sslmode=require"
    with pytest.raises(SeatrialError, match="every user of this machine") as caught:
        read_location(url, {})
    assert "canary" not in str(caught.value)
    found = read_location(url, {"SEATRIAL_STATE": url})
    assert isinstance(found, PostgresAddress)
    assert found.shown == "postgresql://ann@db.example.com:5432/fleet"
    assert "canary" not in repr(found)
    with pytest.raises(SeatrialError, match="every user"):
        read_location("postgresql://db/fleet?user=ann&password=canary", {})
    assert read_location("postgresql://ann@db/fleet", {}) == PostgresAddress(
        "postgresql://ann@db/fleet", "postgresql://ann@db/fleet"
    )
    assert read_location("some/folder", {}) == Path("some/folder")
    with pytest.raises(SeatrialError, match="mysql"):
        read_location("mysql://db/fleet", {})


async def test_a_password_of_the_environment_works_and_is_not_left_to_programs_that_we_start(
    database_url: str,
) -> None:
    environ = {"PGPASSWORD": SECRET, "SEATRIAL_STATE": "…", "PATH": "/bin"}
    found = take_location(database_url.replace(f":{SECRET}", ""), environ)
    assert environ == {"PATH": "/bin"}
    assert isinstance(found, PostgresAddress)
    assert SECRET not in repr(found)
    store = await open_postgres(found)
    assert await store.streams() == ()
    await store.close()


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("53100", StateAway, "disk is full"),
        ("53300", StateAway, "no connection left"),
        ("57P03", StateAway, "shutting down or starting"),
        ("08006", StateAway, "cannot be reached"),
        ("25006", StateAway, "read-only"),
        ("40P01", StateAway, "put this transaction back"),
        ("55P03", StateAway, "row locked"),
        ("28P01", PermanentError, "refuses this user or password"),
        ("XX001", BadFormat, "damaged"),
        ("42P01", BadFormat, "not Seatrial's"),
        ("22001", PermanentError, "22001"),
    ],
)
def test_what_postgresql_says_becomes_one_of_our_errors(
    code: str, kind: type[SeatrialError], said: str
) -> None:
    found = name_failure(psycopg.errors.lookup(code)("it said s3cret"), "db", ["s3cret"])
    assert isinstance(found, kind)
    assert said in found.what
    assert "s3cret" not in str(found)
    assert found.next_step
