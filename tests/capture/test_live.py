"""What a live read asks for, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from tests.kube.fake_server import FakeServer, failing, fake_server, json, text
from tests.kube.instant_clock import InstantClock

from seatrial.capture import api_metrics
from seatrial.capture.live import from_live
from seatrial.cluster.models import Namespace
from seatrial.cluster.snapshot import Snapshot, UnreadReason
from seatrial.kube import ClusterAccess, Limits, ReadClient, connect

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


def a_namespace(name: str, uid: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": uid}}


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    """A cluster that serves namespaces and nothing else."""
    resource = {"name": "namespaces", "singularName": "", "namespaced": False, "kind": "Namespace"}
    async with fake_server() as fake:
        fake.on("GET", "/version", json({"gitVersion": "v1.36.1"}))
        fake.on("GET", "/api", json({"kind": "APIVersions", "versions": ["v1"]}))
        fake.on("GET", "/apis", json({"kind": "APIGroupList", "groups": []}))
        fake.on("GET", "/api/v1", json({"resources": [{**resource, "verbs": ["list"]}]}))
        fake.on("GET", "/metrics", text("up 1\n"))
        fake.on("GET", KUBE_SYSTEM, json(a_namespace("kube-system", "asked")))
        yield fake


async def captured(server: FakeServer) -> Snapshot:
    async with connect(ClusterAccess("prod", server.url), InstantClock()) as session:
        return await from_live(ReadClient(session), InstantClock(), kinds=[Namespace.group_kind()])


def asked(server: FakeServer) -> list[str]:
    return [each.path for each in server.seen]


async def test_the_clusters_uid_is_found_among_the_namespaces_read(server: FakeServer) -> None:
    both = [a_namespace("default", "other"), a_namespace("kube-system", "listed")]
    server.on("GET", "/api/v1/namespaces", json({"kind": "NamespaceList", "items": both}))
    assert (await captured(server)).meta.uid == "listed"
    assert KUBE_SYSTEM not in asked(server)


@pytest.mark.parametrize(
    "namespaces",
    [
        failing(403, "Forbidden"),
        json({"kind": "NamespaceList", "items": [a_namespace("default", "other")]}),
        json({"kind": "NamespaceList", "items": ["damaged"]}),
    ],
)
async def test_the_clusters_uid_is_asked_for_where_it_was_not_read(
    server: FakeServer, namespaces: Any
) -> None:
    server.on("GET", "/api/v1/namespaces", namespaces)
    assert (await captured(server)).meta.uid == "asked"


@pytest.mark.parametrize(
    ("code", "reason"), [(403, UnreadReason.FORBIDDEN), (401, UnreadReason.FAILED), (404, "not-served")]
)
async def test_a_role_is_asked_for_only_where_one_would_help(
    server: FakeServer, code: int, reason: UnreadReason
) -> None:
    server.on("GET", "/api/v1/namespaces", failing(code, "No"))
    assert [each.reason for each in (await captured(server)).unread] == [reason]


async def test_metrics_are_heard_while_objects_are_read(server: FakeServer) -> None:
    heard = asyncio.Event()

    async def metrics(request: web.Request) -> web.StreamResponse:
        heard.set()
        return web.Response(text="up 1\n")

    async def namespaces(request: web.Request) -> web.StreamResponse:
        await asyncio.wait_for(heard.wait(), timeout=10)
        return web.json_response({"kind": "NamespaceList", "items": []})

    server.on("GET", "/metrics", metrics)
    server.on("GET", "/api/v1/namespaces", namespaces)
    snapshot = await captured(server)
    assert snapshot.metrics is not None
    assert snapshot.unread_of(Namespace) == ()


async def test_metrics_that_may_not_be_heard_do_not_stop_the_reading(server: FakeServer) -> None:
    server.on("GET", "/api/v1/namespaces", json({"kind": "NamespaceList", "items": [a_namespace("a", "b")]}))
    server.on("GET", "/metrics", failing(403, "Forbidden"))
    snapshot = await captured(server)
    assert snapshot.metrics is None
    assert [str(each.gvr) for each in snapshot.unread if each.reason == "forbidden"] == ["/metrics"]
    assert snapshot.count == 1


async def test_metrics_that_hang_keep_nobody_from_the_objects(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(api_metrics, "_USUAL", Limits(answer=0.1, whole=0.2))
    server.on("GET", "/api/v1/namespaces", json({"kind": "NamespaceList", "items": [a_namespace("a", "b")]}))
    server.on("GET", "/metrics", hang)
    async with asyncio.timeout(10):
        snapshot = await captured(server)
    assert snapshot.metrics is None
    assert [str(each.gvr) for each in snapshot.unread if each.reason == "failed"] == ["/metrics"]
    assert snapshot.count == 1
