"""What every `Store` must do: one suite, run against each implementation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatrial.errors import Conflict, NotFound
from seatrial.store import Entry, Fenced, NewStream, OutOfDate, Overtaken, Stop, Store, Stream, StreamKind
from seatrial.store.location import PostgresAddress
from seatrial.store.memory import MemoryStore
from seatrial.store.postgres import open_postgres
from seatrial.store.sql import open_store

T0 = datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
RUN = NewStream(id="run-1", kind=StreamKind.CLUSTER_RUN, created_at=T0, subject="test-1", parent="r-1")


@pytest.fixture(params=["memory", "sqlite", "sqlite in memory", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    match request.param:
        case "memory":
            opened: Store = MemoryStore()
        case "sqlite":
            opened = open_store(tmp_path / "state.db")
        case "postgres":
            url = request.getfixturevalue("database_url")
            opened = await open_postgres(PostgresAddress(url, "postgres of the tests"))
        case _:
            opened = open_store(None)
    yield opened
    await opened.close()


async def test_a_plan_is_kept_under_its_digest(store: Store) -> None:
    await store.save_plan("d1", b"one")
    await store.save_plan("d1", b"one")
    assert await store.plan("d1") == b"one"
    with pytest.raises(NotFound):
        await store.plan("d2")


async def test_an_input_is_kept_under_its_digest(store: Store) -> None:
    await store.save_input("d1", b"a chart")
    await store.save_input("d1", b"a chart")
    assert await store.input("d1") == b"a chart"
    with pytest.raises(NotFound):
        await store.input("d2")


async def test_a_stream_is_begun_only_after_a_look_at_the_newest_of_its_kind(store: Store) -> None:
    first, second = (
        NewStream(id=name, kind=StreamKind.ROLLOUT, created_at=T0) for name in ("spring-1", "spring-2")
    )
    await store.create(RUN)  # of another kind
    await store.create(first, newest="")
    with pytest.raises(Overtaken, match="spring-1 was begun meanwhile"):
        await store.create(second, newest="")
    await store.create(second, newest="spring-1")
    assert [each.id for each in await store.streams(kind=StreamKind.ROLLOUT)] == ["spring-1", "spring-2"]


async def test_of_many_that_looked_at_the_same_time_one_begins_its_stream(store: Store) -> None:
    def begin(number: int) -> Awaitable[Stream]:
        stream = NewStream(id=f"spring-{number}", kind=StreamKind.ROLLOUT, created_at=T0)
        return store.create(stream, newest="")

    ended = await asyncio.gather(*map(begin, range(12)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in ended) == ["Overtaken"] * 11 + ["Stream"]


async def test_a_stream_starts_empty(store: Store) -> None:
    created = await store.create(RUN)
    assert created == Stream(
        id="run-1",
        kind=StreamKind.CLUSTER_RUN,
        created_at=T0,
        subject="test-1",
        parent="r-1",
        plan_digest="",
        document=b"",
        fence=0,
        worker="",
        state="",
        last_seq=0,
    )
    assert await store.stream("run-1") == created
    assert await store.events("run-1") == ()


async def test_an_id_is_taken_once(store: Store) -> None:
    await store.create(RUN)
    with pytest.raises(Conflict):
        await store.create(RUN)


async def test_an_unknown_stream_is_not_found(store: Store) -> None:
    for asked in (
        store.stream("x"),
        store.events("x"),
        store.claim("x", "w"),
        store.request("x", b"", format=1),
    ):
        with pytest.raises(NotFound):
            await asked
    with pytest.raises(NotFound):
        await store.append("x", 1, [b"a"], expected_seq=0, format=1)


async def test_streams_are_found_by_what_they_are_about_oldest_first(store: Store) -> None:
    first = await store.create(RUN)
    other = await store.create(
        NewStream(id="a-2", kind=StreamKind.CLUSTER_RUN, created_at=T0, plan_digest="p")
    )
    rollout = await store.create(NewStream(id="r-1", kind=StreamKind.ROLLOUT, created_at=T0, document=b"{}"))
    assert await store.streams() == (first, other, rollout)
    assert await store.streams(kind=StreamKind.ROLLOUT) == (rollout,)
    assert await store.streams(parent="r-1") == (first,)
    assert await store.streams(subject="test-1", kind=StreamKind.CLUSTER_RUN) == (first,)
    assert await store.streams(plan_digest="p") == (other,)
    assert await store.streams(parent="r-2") == ()
    fence = await store.claim("a-2", "host-a")
    await store.append("a-2", fence, [b"a"], expected_seq=0, format=1, state="running")
    assert [stream.id for stream in await store.streams(state="running")] == ["a-2"]


async def test_events_are_appended_in_order_with_their_format_and_the_state_beside_them(store: Store) -> None:
    await store.create(RUN)
    fence = await store.claim("run-1", "host-a")
    assert await store.append("run-1", fence, [b"a", b"b"], expected_seq=0, format=1, state="running") == 2
    assert await store.append("run-1", fence, [b"c"], expected_seq=2, format=2) == 3
    assert await store.events("run-1") == (Entry(1, 1, b"a"), Entry(2, 1, b"b"), Entry(3, 2, b"c"))
    assert await store.events("run-1", after=2) == (Entry(3, 2, b"c"),)
    assert await store.events("run-1", after=3) == ()
    stream = await store.stream("run-1")
    assert (stream.state, stream.last_seq, stream.worker) == ("running", 3, "host-a")


async def test_a_worker_whose_stream_was_claimed_by_another_writes_nothing(store: Store) -> None:
    await store.create(RUN)
    old = await store.claim("run-1", "host-a")
    new = await store.claim("run-1", "host-b")
    with pytest.raises(Fenced, match="host-b has taken over"):
        await store.append("run-1", old, [b"a"], expected_seq=0, format=1, state="running")
    assert await store.events("run-1") == ()
    assert (await store.stream("run-1")).state == ""
    assert await store.append("run-1", new, [b"b"], expected_seq=0, format=1) == 1


async def test_a_writer_that_has_not_read_a_request_is_told_so(store: Store) -> None:
    await store.create(RUN)
    fence = await store.claim("run-1", "host-a")
    assert await store.request("run-1", b"pause", format=1) == 1
    with pytest.raises(OutOfDate):
        await store.append("run-1", fence, [b"a"], expected_seq=0, format=1)
    assert await store.append("run-1", fence, [b"a"], expected_seq=1, format=1) == 2
    assert [entry.event for entry in await store.events("run-1")] == [b"pause", b"a"]


async def test_appends_from_many_tasks_lose_nothing(store: Store) -> None:
    await store.create(RUN)
    await asyncio.gather(*(store.request("run-1", b"%d" % n, format=1) for n in range(50)))
    entries = await store.events("run-1")
    assert [entry.seq for entry in entries] == list(range(1, 51))
    assert {int(entry.event) for entry in entries} == set(range(50))


async def test_a_stop_holds_until_it_is_lifted(store: Store) -> None:
    assert await store.stopped() is None
    await store.lift_stop(by="ann", at=T0)
    stop = Stop("ann", T0, "database incident")
    await store.stop(stop)
    assert await store.stopped() == stop
    await store.lift_stop(by="ann", at=T0)
    assert await store.stopped() is None
