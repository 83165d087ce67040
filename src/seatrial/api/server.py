"""Serves the API on this machine: loopback only, and nothing without the token."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from seatrial.api.stop import StopResource
from seatrial.errors import BadInput, SeatrialError

_LARGEST_BODY = 64 * 1024
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@asynccontextmanager
async def serving(listen: str, token: str, stop: StopResource) -> AsyncIterator[str]:
    """Serve until the end of the block, at HOST:PORT (0: any port); yield the address.

    Raises `BadInput` for any address but loopback: there is no TLS here.
    """
    host, port = _address(listen)
    app = web.Application(middlewares=[_only_with(token)], client_max_size=_LARGEST_BODY)
    app.add_routes(stop.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise BadInput(
                f"the API cannot listen: {error.strerror}.",
                where=listen,
                next_step="Name another port, or 0 for any.",
            ) from None
        found = runner.addresses[0]
        yield f"http://{'[::1]' if ':' in found[0] else found[0]}:{found[1]}"
    finally:
        await runner.cleanup()


def _only_with(token: str):  # type: ignore[no-untyped-def]
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, expected):
            raise web.HTTPUnauthorized(text="give the token: Authorization: Bearer …")
        try:
            return await handler(request)
        except SeatrialError as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from None

    return guard


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if host not in _LOOPBACK or not port.isdigit() or int(port) > 65535:
        raise BadInput(
            "the API listens on this machine only.",
            where=listen,
            next_step="Write 127.0.0.1:PORT; an ssh tunnel or a proxy with TLS brings it elsewhere.",
        )
    return host, int(port)
