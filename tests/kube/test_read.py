from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from tests.kube.fake_server import FakeServer, Handler, failing, json, text, truncated
from tests.kube.instant_clock import InstantClock

from seatrial.cluster.objects import GroupVersionResource
from seatrial.errors import BadInput, NotFound, PermanentError, TemporaryError
from seatrial.kube import ClusterAccess, Gone, Limits, Page, ReadClient, connect, connect_to_read

PODS = GroupVersionResource("", "v1", "pods")


def pod(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {"a": "b"}}, "spec": {"nodeName": f"node-of-{name}"}}


def page(*names: str, token: str = "", remaining: int | None = None, version: str = "7") -> Handler:
    metadata: dict[str, Any] = {"resourceVersion": version}
    if token:
        metadata["continue"] = token
    if remaining is not None:
        metadata["remainingItemCount"] = remaining
    return json(
        {"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": [pod(n) for n in names]}
    )


class Meta(msgspec.Struct):
    name: str


class Partial(msgspec.Struct):
    metadata: Meta


def names(items: list[msgspec.Raw]) -> list[str]:
    return [msgspec.json.decode(item, type=Partial).metadata.name for item in items]


@pytest.fixture
async def client(server: FakeServer, clock: InstantClock) -> AsyncIterator[ReadClient]:
    async with connect(ClusterAccess("prod", server.url), clock, rng=random.Random(1)) as session:
        yield ReadClient(session)


async def test_a_list_comes_in_pages_of_undecoded_objects(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", "/api/v1/pods", page("a", "b", token="t", remaining=1), page("c"))
    pages = [page async for page in client.pages(PODS, label_selector="a=b", field_selector="x=y", limit=2)]
    assert [names(page.items) for page in pages] == [["a", "b"], ["c"]]
    assert pages[0] == Page(pages[0].items, "Pod", "v1", "7", 1, True)
    assert pages[1] == Page(pages[1].items, "Pod", "v1", "7", None, False)
    base = {"limit": "2", "labelSelector": "a=b", "fieldSelector": "x=y"}
    assert [seen.query for seen in server.seen] == [base, {**base, "continue": "t"}]


async def test_a_list_is_decoded_only_as_far_as_asked(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", "/api/v1/namespaces/shop/pods", page("a", token="t"), page("b"))
    assert await client.list_as(PODS, Partial, "shop") == [Partial(Meta("a")), Partial(Meta("b"))]


async def test_objects_of_a_list_get_their_kind_and_version(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", "/api/v1/pods", page("a"))
    assert await client.list_objects(PODS) == [{"apiVersion": "v1", "kind": "Pod", **pod("a")}]


async def test_an_empty_list_may_be_null(server: FakeServer, client: ReadClient) -> None:
    server.on(
        "GET", "/api/v1/pods", json({"kind": "PodList", "metadata": {"resourceVersion": "3"}, "items": None})
    )
    listing = await client.listing(PODS)
    assert (listing.items, listing.kind, listing.api_version, listing.resource_version) == (
        [],
        "Pod",
        "v1",
        "3",
    )


async def test_an_expired_list_goes_on_inconsistently_from_where_it_was(
    server: FakeServer, client: ReadClient
) -> None:
    expired = failing(410, "Expired", metadata={"continue": "later"})
    server.on("GET", "/api/v1/pods", page("a", token="t"), expired, page("b", version="9"))
    listing = await client.listing(PODS)
    assert names(listing.items) == ["a", "b"]
    assert not listing.consistent
    assert [seen.query.get("continue") for seen in server.seen] == [None, "t", "later"]


async def test_an_expired_list_without_a_way_on_begins_again(server: FakeServer, client: ReadClient) -> None:
    server.on(
        "GET", "/api/v1/pods", page("a", token="t"), failing(410, "Expired"), page("b", token="u"), page("c")
    )
    listing = await client.listing(PODS)
    assert names(listing.items) == ["b", "c"]
    assert listing.consistent
    server.on("GET", "/api/v1/pods", page("a", token="t"), failing(410, "Expired"), page("b"))
    assert await client.list_as(PODS, Partial) == [Partial(Meta("b"))]


async def test_a_list_that_always_expires_ends(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", "/api/v1/pods", *([page("a", token="t"), failing(410, "Expired")] * 10))
    with pytest.raises(Gone):
        await client.list_raw(PODS)


async def test_a_page_that_is_cut_off_is_read_again(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", "/api/v1/pods", truncated, page("a"))
    assert names(await client.list_raw(PODS)) == ["a"]


async def test_a_page_that_is_not_a_list_is_an_error(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", "/api/v1/pods", text('{"items": [{]}', content_type="application/json"))
    with pytest.raises(TemporaryError, match="not what an API server says"):
        await client.list_raw(PODS)


async def test_one_object_is_read_or_not_found(server: FakeServer, client: ReadClient) -> None:
    group = GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterroles")
    server.on(
        "GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node", json({"kind": "ClusterRole"})
    )
    assert await client.get(group, "system:node") == {"kind": "ClusterRole"}
    with pytest.raises(NotFound) as caught:
        await client.get(PODS, "gone", "shop")
    assert caught.value.where == "prod: GET /api/v1/namespaces/shop/pods/gone"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "%2e"])
async def test_a_name_that_would_change_the_path_is_refused(
    server: FakeServer, client: ReadClient, name: str
) -> None:
    with pytest.raises(BadInput):
        await client.get(PODS, name, "shop")
    assert server.seen == []


async def test_raw_paths_are_read_as_bytes(server: FakeServer, client: ReadClient) -> None:
    server.on("GET", "/readyz", text("ok"))
    assert await client.raw_get("/readyz?verbose&exclude=etcd") == b"ok"
    assert server.seen[0].query == {"verbose": "", "exclude": "etcd"}


async def test_the_server_is_asked_what_is_allowed(server: FakeServer, client: ReadClient) -> None:
    async def answer(request: web.Request) -> web.Response:
        asked = (await request.json())["spec"]["resourceAttributes"]
        return web.json_response({"status": {"allowed": asked["verb"] == "list"}})

    server.on("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", answer)
    assert await client.allowed("list", PODS, "shop")
    assert not await client.allowed("create", PODS, "shop", name="web", subresource="eviction")
    assert msgspec.json.decode(server.seen[1].body)["spec"]["resourceAttributes"] == {
        "verb": "create",
        "version": "v1",
        "resource": "pods",
        "subresource": "eviction",
        "namespace": "shop",
        "name": "web",
    }


async def test_a_reader_can_be_had_without_a_session(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/version", json({"gitVersion": "v1.29.4"}))
    async with connect_to_read(ClusterAccess("prod", server.url), clock) as client:
        assert str(await client.version()) == "1.29.4"


async def test_one_call_may_have_tighter_bounds_than_its_session(
    server: FakeServer, client: ReadClient, clock: InstantClock
) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"#")
            await asyncio.sleep(0.05)

    bounds = Limits(answer=0.2, whole=0.4, body=1000)
    async with asyncio.timeout(10):
        for handler in (hang, drip):
            server.on("GET", "/metrics", handler)
            with pytest.raises(TemporaryError, match="did not answer in time"):
                await client.raw_get("/metrics", limits=bounds)
        server.on("GET", "/metrics", text("#" * 1001))
        with pytest.raises(PermanentError, match="larger than"):
            await client.raw_get("/metrics", limits=bounds)
    assert len(server.seen) == 2 + 2 + 1  # what was slow may be quick the second time; what is large stays so


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("v1.36.4-eks-1a2b3c", "v1.36.4-eks-1a2b3c"),
        ("v1.33.2+k3s1", "v1.33.2+k3s1"),
        ("1.33.2", "v1.33.2"),
        ("v1.33.2-\x1b[2Jgone", "v1.33.2"),
        ("v1.33.2-" + "x" * 100, "v1.33.2"),
    ],
)
async def test_the_version_keeps_what_tells_its_maker(
    server: FakeServer, client: ReadClient, said: str, kept: str
) -> None:
    server.on("GET", "/version", json({"gitVersion": said}))
    assert await client.server_version() == kept
