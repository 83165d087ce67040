from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from tests.kube.fake_server import FakeServer, failing, json
from tests.kube.instant_clock import InstantClock

from seatrial.cluster.objects import GroupVersionResource
from seatrial.errors import BadInput, Conflict
from seatrial.kube import AlreadyExists, ClusterAccess, WriteClient, connect

PODS = GroupVersionResource("", "v1", "pods")
DEPLOYMENTS = GroupVersionResource("apps", "v1", "deployments")
ALL = "/apis/apps/v1/namespaces/shop/deployments"
ONE = f"{ALL}/web"
WEB = {"metadata": {"name": "web", "namespace": "shop"}}


@pytest.fixture
async def client(server: FakeServer, clock: InstantClock) -> AsyncIterator[WriteClient]:
    async with connect(ClusterAccess("prod", server.url), clock, rng=random.Random(1)) as session:
        yield WriteClient(session)


Do = Callable[[WriteClient], Awaitable[object]]


@pytest.mark.parametrize(
    ("do", "method", "path", "query", "content_type", "body"),
    [
        (
            lambda c: c.create(DEPLOYMENTS, WEB),
            "POST",
            ALL,
            {"fieldManager": "seatrial"},
            "application/json",
            WEB,
        ),
        (
            lambda c: c.replace(DEPLOYMENTS, WEB),
            "PUT",
            ONE,
            {"fieldManager": "seatrial"},
            "application/json",
            WEB,
        ),
        (
            lambda c: c.replace_status(DEPLOYMENTS, WEB, dry_run=True),
            "PUT",
            f"{ONE}/status",
            {"fieldManager": "seatrial", "dryRun": "All"},
            "application/json",
            WEB,
        ),
        (
            lambda c: c.patch(DEPLOYMENTS, "web", "shop", {"a": 1}),
            "PATCH",
            ONE,
            {"fieldManager": "seatrial"},
            "application/merge-patch+json",
            {"a": 1},
        ),
        (
            lambda c: c.patch(DEPLOYMENTS, "web", "shop", [], kind="json"),
            "PATCH",
            ONE,
            {"fieldManager": "seatrial"},
            "application/json-patch+json",
            [],
        ),
        (
            lambda c: c.patch(DEPLOYMENTS, "web", "shop", {}, kind="strategic", subresource="status"),
            "PATCH",
            f"{ONE}/status",
            {"fieldManager": "seatrial"},
            "application/strategic-merge-patch+json",
            {},
        ),
        (
            lambda c: c.apply(DEPLOYMENTS, WEB, field_manager="me", force=True),
            "PATCH",
            ONE,
            {"fieldManager": "me", "force": "true"},
            "application/apply-patch+yaml",
            WEB,
        ),
        (
            lambda c: c.scale(DEPLOYMENTS, "web", "shop", 3),
            "PATCH",
            f"{ONE}/scale",
            {"fieldManager": "seatrial"},
            "application/merge-patch+json",
            {"spec": {"replicas": 3}},
        ),
        (
            lambda c: c.delete(
                DEPLOYMENTS,
                "web",
                "shop",
                propagation="Foreground",
                uid="u",
                resource_version="9",
                grace_seconds=0,
                dry_run=True,
            ),
            "DELETE",
            ONE,
            {"dryRun": "All"},
            "application/json",
            {
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "propagationPolicy": "Foreground",
                "gracePeriodSeconds": 0,
                "preconditions": {"uid": "u", "resourceVersion": "9"},
            },
        ),
        (
            lambda c: c.evict("web", "shop", uid="u", grace_seconds=5),
            "POST",
            "/api/v1/namespaces/shop/pods/web/eviction",
            {},
            "application/json",
            {
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": {"name": "web", "namespace": "shop"},
                "deleteOptions": {
                    "apiVersion": "v1",
                    "kind": "DeleteOptions",
                    "gracePeriodSeconds": 5,
                    "preconditions": {"uid": "u"},
                },
            },
        ),
    ],
)
async def test_each_verb_is_one_request(
    server: FakeServer,
    client: WriteClient,
    do: Do,
    method: str,
    path: str,
    query: dict[str, str],
    content_type: str,
    body: Any,
) -> None:
    server.on(method, path, json({"kind": "Deployment"}))
    await do(client)
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.query, seen.headers["content-type"]) == (
        method,
        path,
        query,
        content_type,
    )
    assert msgspec.json.decode(seen.body) == body


@pytest.mark.parametrize(
    "do",
    [
        lambda c: c.delete(DEPLOYMENTS, "", "shop"),
        lambda c: c.patch(DEPLOYMENTS, "", "shop", {}),
        lambda c: c.replace(DEPLOYMENTS, {"metadata": {}}),
        lambda c: c.evict("", "shop"),
        lambda c: c.delete(DEPLOYMENTS, "..", "shop"),
    ],
)
async def test_a_missing_name_never_reaches_a_whole_list(
    server: FakeServer, client: WriteClient, do: Do
) -> None:
    with pytest.raises(BadInput):
        await do(client)
    assert server.seen == []


async def test_conflicts_are_told_apart(server: FakeServer, client: WriteClient) -> None:
    server.on("POST", ALL, failing(409, "AlreadyExists", 'deployments.apps "web" already exists'))
    server.on("PUT", ONE, failing(409, "Conflict", "the object has been modified"))
    with pytest.raises(AlreadyExists, match="already exists"):
        await client.create(DEPLOYMENTS, WEB)
    with pytest.raises(Conflict, match="has been modified"):
        await client.replace(DEPLOYMENTS, WEB)


async def test_the_writer_reads_through_its_reader(server: FakeServer, client: WriteClient) -> None:
    server.on("GET", ONE, json(WEB))
    assert await client.read.get(DEPLOYMENTS, "web", "shop") == WEB
