"""A tiny API server and a tiny CONNECT proxy on loopback, for tests of the client alone."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    peer_certificate: dict[str, Any] | None = None


@dataclass
class FakeServer:
    """Answers by (method, path); an answer is a handler or a list of handlers used up in turn."""

    url: str = ""
    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    routes: dict[tuple[str, str], list[Handler]] = field(default_factory=dict)

    def on(self, method: str, path: str, *handlers: Handler) -> None:
        self.routes[method, path] = list(handlers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        peer = request.transport.get_extra_info("peercert") if request.transport else None
        self.seen.append(
            Seen(
                request.method,
                request.path,
                dict(request.query),
                {key.lower(): value for key, value in request.headers.items()},
                await request.read(),
                peer,
            )
        )
        handlers = self.routes.get((request.method, request.path))
        if not handlers:
            return status(404, "NotFound", f"the server could not find {request.path}")
        handler = handlers.pop(0) if len(handlers) > 1 else handlers[0]
        return await handler(request)


@asynccontextmanager
async def fake_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    fake.port = runner.addresses[0][1]
    fake.url = f"{'https' if tls else 'http'}://127.0.0.1:{fake.port}"
    try:
        yield fake
    finally:
        await runner.cleanup()


def json(body: Any, code: int = 200, **headers: str) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(
            body, status=code, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return answer


def text(body: str, code: int = 200, content_type: str = "text/plain") -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body, status=code, content_type=content_type)

    return answer


def status_body(code: int, reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message or reason,
        "reason": reason,
        "code": code,
        **more,
    }


def status(code: int, reason: str, message: str = "") -> web.Response:
    return web.json_response(status_body(code, reason, message), status=code)


def failing(code: int, reason: str, message: str = "", *, retry_after: str = "", **more: Any) -> Handler:
    headers = {"Retry_After": retry_after} if retry_after else {}
    return json(status_body(code, reason, message, **more), code, **headers)


async def cut(request: web.Request) -> web.StreamResponse:
    """The connection ends without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def truncated(request: web.Request) -> web.StreamResponse:
    """An answer that promises more than it brings."""
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"kind":')
    assert request.transport is not None
    request.transport.close()
    return response


@dataclass
class FakeProxy:
    url: str = ""
    targets: list[str] = field(default_factory=list)
    refuse: int = 0


@asynccontextmanager
async def fake_proxy() -> AsyncIterator[FakeProxy]:
    """Speaks CONNECT only; records what it was asked to reach."""
    proxy = FakeProxy()
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split()[1].decode()
        proxy.targets.append(target)
        if proxy.refuse:
            writer.write(f"HTTP/1.1 {proxy.refuse} No\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            writer.close()
            return
        host, _, port = target.rpartition(":")
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(pump(source, sink))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
