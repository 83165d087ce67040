from __future__ import annotations

import asyncio
import gzip
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from tests.kube.fake_server import (
    FakeServer,
    Handler,
    cut,
    failing,
    fake_server,
    json,
    status_body,
    text,
    truncated,
)
from tests.kube.instant_clock import InstantClock

from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster.version import Version
from seatrial.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    PermanentError,
    SeatrialError,
    TemporaryError,
    Unreachable,
)
from seatrial.kube import (
    AlreadyExists,
    Basic,
    BudgetRefused,
    ClusterAccess,
    DirectReader,
    Gone,
    Impersonation,
    Invalid,
    Limits,
    ReadClient,
    Refused,
    Token,
    TokenFile,
    Unauthorized,
    WriteClient,
    connect,
)

CANARY = "canary-8f14e45fceea167a"
PODS = GroupVersionResource("", "v1", "pods")
POD = "/api/v1/namespaces/shop/pods/web"
VERSION = json({"major": "1", "minor": "37", "gitVersion": "v1.37.2+seatrial"})


@asynccontextmanager
async def writing(url: str, clock: InstantClock, **more: object) -> AsyncIterator[WriteClient]:
    login = more.pop("login", Token(CANARY))
    limits = more.pop("limits", None)
    access = ClusterAccess("prod", url, login=login, **more)  # type: ignore[arg-type]
    async with connect(access, clock, rng=random.Random(1), limits=limits) as session:  # type: ignore[arg-type]
        yield WriteClient(session)


async def failure(url: str, clock: InstantClock, **more: object) -> SeatrialError:
    async with writing(url, clock, **more) as client:
        with pytest.raises(SeatrialError) as caught:
            await client.read.version()
    assert CANARY not in str(caught.value)
    assert caught.value.where.startswith("prod: GET /version")
    return caught.value


async def test_a_request_says_who_we_are_and_takes_gzip(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/version", VERSION)
    acting = Impersonation("jane", ("a", "b"), "7", (("Scope/x", ("y",)),))
    async with writing(server.url, clock, impersonate=acting) as client:
        assert await client.read.version() == Version(1, 37, 2)
    headers = server.seen[0].headers
    assert headers["authorization"] == f"Bearer {CANARY}"
    assert headers["user-agent"] == "seatrial/0.1.0"
    assert headers["accept-encoding"] == "gzip"
    assert headers["impersonate-user"] == "jane"
    assert headers["impersonate-uid"] == "7"
    assert headers["impersonate-group"] in ("a", "b")
    assert headers["impersonate-extra-scope%2fx"] == "y"


async def test_compressed_answers_are_read(server: FakeServer, clock: InstantClock) -> None:
    async def answer(request: web.Request) -> web.Response:
        body = gzip.compress(b'{"gitVersion": "v1.30.1"}')
        return web.Response(
            body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
        )

    server.on("GET", "/version", answer)
    async with writing(server.url, clock) as client:
        assert await client.read.version() == Version(1, 30, 1)


async def test_a_server_under_a_path_is_reached(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/k8s/clusters/c-1/version", VERSION)
    async with writing(f"{server.url}/k8s/clusters/c-1", clock) as client:
        assert await client.read.version() == Version(1, 37, 2)


async def test_basic_login_is_sent(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/version", VERSION)
    async with writing(server.url, clock, login=Basic("a", "b")) as client:
        await client.read.version()
    assert server.seen[0].headers["authorization"] == "Basic YTpi"


async def test_a_token_file_is_read_again_when_it_was_renewed(
    server: FakeServer, clock: InstantClock, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")

    async def renew(request: web.Request) -> web.StreamResponse:
        path.write_text("two\n")
        return await failing(401, "Unauthorized")(request)

    server.on("GET", "/version", renew, VERSION)
    async with writing(server.url, clock, login=TokenFile(path)) as client:
        assert await client.read.version() == Version(1, 37, 2)
        path.unlink()
        with pytest.raises(BadInput, match="token file"):
            await client.read.version()
    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", Invalid),
        (401, "Unauthorized", Unauthorized),
        (403, "Forbidden", Forbidden),
        (404, "NotFound", NotFound),
        (409, "Conflict", Conflict),
        (409, "AlreadyExists", AlreadyExists),
        (410, "Expired", Gone),
        (422, "Invalid", Invalid),
        (429, "TooManyRequests", Refused),
        (500, "InternalError", TemporaryError),
        (503, "ServiceUnavailable", TemporaryError),
        (302, "Found", PermanentError),
        (418, "Teapot", PermanentError),
    ],
)
async def test_each_refusal_is_one_of_our_errors_without_the_token(
    server: FakeServer, clock: InstantClock, code: int, reason: str, kind: type[SeatrialError]
) -> None:
    echo = f"pods is forbidden, you sent Bearer {CANARY} and {CANARY} " + "x" * 5000
    server.on("GET", "/version", failing(code, reason, echo))
    error = await failure(server.url, clock)
    assert type(error) is kind
    assert "pods is forbidden" in str(error) or code == 302
    assert len(str(error)) < 800


async def test_forbidden_repeats_the_verb_and_resource_that_the_server_names(
    server: FakeServer, clock: InstantClock
) -> None:
    said = 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope'
    server.on("GET", "/version", failing(403, "Forbidden", said))
    assert 'cannot list resource "pods"' in str(await failure(server.url, clock))


async def test_a_login_page_is_not_taken_for_an_answer(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/version", text("<html>Sign in</html>", content_type="text/html"))
    assert "not what an API server says" in str(await failure(server.url, clock))


@pytest.mark.parametrize(
    "breaks", [cut, truncated, failing(503, "ServiceUnavailable"), failing(500, "InternalError")]
)
async def test_a_read_is_repeated_after_a_passing_failure(
    server: FakeServer, clock: InstantClock, breaks: object
) -> None:
    server.on("GET", "/version", breaks, breaks, VERSION)  # type: ignore[arg-type]
    async with writing(server.url, clock) as client:
        assert await client.read.version() == Version(1, 37, 2)
    assert len(clock.slept) == 2
    assert 0 < clock.slept[0] < 0.3 < clock.slept[0] + clock.slept[1] < 1


async def test_reads_give_up_in_the_end(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/version", cut)
    error = await failure(server.url, clock)
    assert type(error) is Unreachable
    assert len(server.seen) == 4


async def test_the_server_says_how_long_to_wait(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/version", failing(429, "TooManyRequests", retry_after="7"), VERSION)
    async with writing(server.url, clock) as client:
        await client.read.version()
    assert [round(seconds) for seconds in clock.slept] == [7]


async def test_a_wait_that_is_too_long_is_reported_instead(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/version", failing(429, "TooManyRequests", retry_after="3600"))
    error = await failure(server.url, clock)
    assert isinstance(error, Refused)
    assert error.retry_after == 3600
    assert clock.slept == []


POD_OBJECT = {"metadata": {"name": "web", "namespace": "shop"}}
WRITES: dict[str, Callable[[WriteClient], Awaitable[object]]] = {
    "POST": lambda client: client.create(PODS, POD_OBJECT),
    "PUT": lambda client: client.replace(PODS, POD_OBJECT),
    "PATCH": lambda client: client.patch(PODS, "web", "shop", {}),
    "DELETE": lambda client: client.delete(PODS, "web", "shop"),
}


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("breaks", [cut, truncated, failing(500, "InternalError")])
async def test_a_write_that_the_server_may_have_processed_is_sent_once(
    server: FakeServer, clock: InstantClock, method: str, breaks: Handler
) -> None:
    server.on("GET", POD, json({}))
    server.on(method, "/api/v1/namespaces/shop/pods" if method == "POST" else POD, breaks)
    async with writing(server.url, clock) as client:
        await client.read.get(PODS, "web", "shop")  # leaves a kept connection, which tempts aiohttp to repeat
        with pytest.raises(TemporaryError):
            await WRITES[method](client)
    assert [seen.method for seen in server.seen] == ["GET", method]


async def test_a_write_that_was_turned_away_is_sent_again(server: FakeServer, clock: InstantClock) -> None:
    server.on("DELETE", POD, failing(429, "TooManyRequests", retry_after="1"), json({}))
    async with writing(server.url, clock) as client:
        await client.delete(PODS, "web", "shop")
    assert len(server.seen) == 2


async def test_a_budgets_refusal_is_told_at_once(server: FakeServer, clock: InstantClock) -> None:
    details = {
        "causes": [{"reason": "DisruptionBudget", "message": "needs 2 healthy pods and has 2 currently"}]
    }
    refusal = failing(429, "TooManyRequests", "Cannot evict pod", retry_after="10", details=details)
    server.on("POST", f"{POD}/eviction", refusal)
    async with writing(server.url, clock) as client:
        with pytest.raises(BudgetRefused) as caught:
            await client.evict("web", "shop")
    assert caught.value.retry_after == 10
    assert len(server.seen) == 1


async def test_a_cluster_that_is_down_is_unreachable(clock: InstantClock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await failure(f"http://127.0.0.1:{port}", clock)
    assert type(error) is Unreachable
    assert "connection refused" in str(error)
    assert "is up" in error.next_step


async def test_a_name_that_does_not_resolve_is_unreachable(clock: InstantClock) -> None:
    error = await failure("http://no-such-host.invalid", clock)
    assert type(error) is Unreachable
    assert "no-such-host.invalid does not resolve" in str(error)


@pytest.mark.parametrize("host", ["a b", "x" * 70, "a..b", "*", "é" * 70, "%zz", "_"])
async def test_a_host_that_cannot_be_one_is_an_error(clock: InstantClock, host: str) -> None:
    error = await failure(f"http://{host}", clock)
    assert error.next_step


async def test_silence_is_unreachable(server: FakeServer, clock: InstantClock) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    server.on("GET", "/version", hang)
    error = await failure(server.url, clock, limits=Limits(answer=0.1))
    assert type(error) is Unreachable
    assert "did not answer in time" in str(error)


async def test_an_answer_that_drips_for_ever_is_unreachable(server: FakeServer, clock: InstantClock) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(500):
            await response.write(b" ")
            await asyncio.sleep(0.01)
        return response

    server.on("GET", "/version", drip)
    error = await failure(server.url, clock, limits=Limits(whole=0.1))
    assert type(error) is Unreachable
    assert "did not answer in time" in str(error)


async def test_something_that_is_no_web_server_is_named(clock: InstantClock) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        await writer.drain()
        writer.close()

    plain = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with plain:
        error = await failure(f"http://127.0.0.1:{plain.sockets[0].getsockname()[1]}", clock)
    assert type(error) is PermanentError
    assert "did not answer in HTTP" in str(error)


async def test_an_answer_without_end_is_stopped(server: FakeServer, clock: InstantClock) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        except (ConnectionError, asyncio.CancelledError):
            return response

    server.on("GET", "/version", flood)
    error = await failure(server.url, clock, limits=Limits(body=1024 * 1024))
    assert "larger than 1 MiB" in str(error)


async def test_redirects_are_not_followed(server: FakeServer, clock: InstantClock) -> None:
    async with fake_server() as thief:
        server.on("GET", "/version", json({}, 302, Location=f"{thief.url}/version"))
        await failure(server.url, clock)
        assert thief.seen == []


async def test_every_request_holds_the_clock(server: FakeServer, clock: InstantClock) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert clock.open_holds == 1
        return await VERSION(request)

    server.on("GET", "/version", answer)
    async with writing(server.url, clock) as client:
        await client.read.version()
    assert clock.held == ["prod: GET /version"]


async def test_the_reader_has_no_way_to_write(server: FakeServer, clock: InstantClock) -> None:
    async with writing(server.url, clock) as client:
        public = {name for name in dir(ReadClient) if not name.startswith("_")}
        assert public == {
            "allowed", "cluster", "discover", "get", "list_as", "list_objects", "list_raw", "listing",
            "pages", "raw_get", "server_version", "version", "watch",
        }  # fmt: skip
        for name in public - {"cluster"}:
            assert callable(getattr(client.read, name))
        assert client.read.cluster == "prod"
        assert {name for name in dir(DirectReader) if not name.startswith("_")} == {
            "get", "host", "is_usual", "obstacle",
        }  # fmt: skip


def test_status_bodies_are_what_a_server_sends() -> None:
    assert status_body(404, "NotFound")["kind"] == "Status"
