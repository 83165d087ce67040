from __future__ import annotations

import asyncio
import json as json_module
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from tests.kube.fake_server import FakeServer, Handler, cut, failing, json, status_body
from tests.kube.instant_clock import InstantClock

from seatrial.cluster.objects import GroupVersionResource
from seatrial.errors import Forbidden, SeatrialError
from seatrial.kube import ClusterAccess, Gone, ReadClient, connect

PODS = GroupVersionResource("", "v1", "pods")
PATH = "/api/v1/pods"


def event(kind: str, version: int, **more: Any) -> bytes:
    obj = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": f"p{version}", "resourceVersion": str(version)},
    }
    return json_module.dumps({"type": kind, "object": {**obj, **more}}).encode() + b"\n"


def stream(*parts: bytes, then: str = "end") -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
            await asyncio.sleep(0.01)
        if then == "abort":
            assert request.transport is not None
            request.transport.abort()
        if then == "stay":
            await asyncio.sleep(5)
        return response

    return answer


@pytest.fixture
async def client(server: FakeServer, clock: InstantClock) -> AsyncIterator[ReadClient]:
    async with connect(ClusterAccess("prod", server.url), clock, rng=random.Random(1)) as session:
        yield ReadClient(session)


async def heard(client: ReadClient, count: int, version: str | None = "1") -> list[tuple[str, str]]:
    found = []
    events = client.watch(PODS, resource_version=version)
    async for one in events:
        found.append((one.type, one.resource_version))
        if len(found) == count:
            await events.aclose()  # type: ignore[attr-defined]
            break
    return found


def asked(server: FakeServer) -> list[str]:
    return [seen.query["resourceVersion"] for seen in server.seen if seen.query.get("watch") == "true"]


async def test_changes_come_as_they_happen(
    server: FakeServer, client: ReadClient, clock: InstantClock
) -> None:
    server.on("GET", PATH, stream(event("ADDED", 2), event("MODIFIED", 3) + event("DELETED", 4), then="stay"))
    seen = await asyncio.wait_for(heard(client, 3), 2)
    assert seen == [("ADDED", "2"), ("MODIFIED", "3"), ("DELETED", "4")]
    query = server.seen[0].query
    assert 300 <= int(query.pop("timeoutSeconds")) <= 600
    assert query == {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": "1"}
    assert clock.open_holds == 0


async def test_an_event_in_pieces_is_put_together(server: FakeServer, client: ReadClient) -> None:
    whole = event("ADDED", 2, note="x" * 300_000)
    server.on(
        "GET",
        PATH,
        stream(whole[:10], whole[10:150_000], whole[150_000:] + event("ADDED", 3)[:5], then="stay"),
    )
    async for one in client.watch(PODS, resource_version="1"):
        assert one.object["note"] == "x" * 300_000
        break


async def test_a_cut_watch_goes_on_after_the_last_event(server: FakeServer, client: ReadClient) -> None:
    server.on(
        "GET",
        PATH,
        stream(event("ADDED", 2), event("ADDED", 3)[:20], then="abort"),
        cut,
        stream(event("ADDED", 3), event("BOOKMARK", 9)),
        failing(503, "ServiceUnavailable", retry_after="1"),
        stream(event("ADDED", 10), then="stay"),
    )
    assert await heard(client, 4) == [("ADDED", "2"), ("ADDED", "3"), ("BOOKMARK", "9"), ("ADDED", "10")]
    assert asked(server) == ["1", "2", "2", "9", "9"]


async def test_from_now_on_starts_after_the_present_state(server: FakeServer, client: ReadClient) -> None:
    server.on(
        "GET",
        PATH,
        json({"metadata": {"resourceVersion": "41"}, "items": []}),
        stream(event("ADDED", 42), then="stay"),
    )
    assert await heard(client, 1, None) == [("ADDED", "42")]
    assert asked(server) == ["41"]


@pytest.mark.parametrize(
    "gone",
    [
        failing(410, "Expired"),
        stream(json_module.dumps({"type": "ERROR", "object": status_body(410, "Expired")}).encode() + b"\n"),
    ],
)
async def test_a_version_that_is_no_longer_kept_asks_for_a_new_list(
    server: FakeServer, client: ReadClient, gone: Handler
) -> None:
    server.on("GET", PATH, gone)
    with pytest.raises(Gone):
        await heard(client, 1)


async def test_a_forbidden_watch_is_an_error(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", PATH, failing(403, "Forbidden"))
    with pytest.raises(Forbidden):
        await heard(client, 1)


async def test_a_cluster_that_stays_down_ends_the_watch(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", PATH, stream(event("ADDED", 2)), cut)
    with pytest.raises(SeatrialError, match="lost"):
        await heard(client, 2)


async def test_lines_that_are_no_events_end_the_watch(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", PATH, stream(b"<html>\n"))
    with pytest.raises(SeatrialError, match="not what an API server says"):
        await heard(client, 1)


async def test_a_server_that_ends_every_watch_at_once_is_not_hammered(
    server: FakeServer, client: ReadClient, clock: InstantClock
) -> None:
    server.on("GET", PATH, *[stream()] * 8, stream(event("ADDED", 2), then="stay"))
    await heard(client, 1)
    assert clock.slept == sorted(clock.slept) or clock.slept[-1] > 1
    assert sum(clock.slept) > 5
