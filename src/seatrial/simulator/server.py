"""Serves any number of simulated clusters from one process: https://127.0.0.1:PORT/clusters/NAME.

Only bytes are moved here; `handlers` decides. Each cluster has its own bearer token, all share one
certificate authority that lives as long as the server.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import trustme
from aiohttp import web

from seatrial.clock import SimulatedClock
from seatrial.errors import BadInput
from seatrial.simulator.access import Access, Forbid, Identity
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.handlers import ApiServer, answer_error
from seatrial.simulator.hooks import Reaction, RequestInfo
from seatrial.simulator.kubeconfig import Endpoint
from seatrial.simulator.requests import Answer, HttpRequest
from seatrial.simulator.status import ApiError
from seatrial.simulator.watching import Watch

Extension: TypeAlias = Callable[[str, str, bytes], Awaitable[bytes]]
"""Answers method, path below its prefix and body with JSON: for APIs beside Kubernetes' own."""

_log = logging.getLogger(__name__)
_PREFIX = "/clusters/"
_MAX_BODY = 3 * 1024 * 1024  # the API server's own limit, bytes
_GZIP_FROM = 128 * 1024  # bytes; smaller answers are not worth it, as upstream found
# Wall seconds, like every wait for a socket: a rehearsal that leaps an hour must not end its watches.
_WATCH_TIMEOUT = 2400.0
_BOOKMARK_EVERY = 60.0


class SimulatorServer:
    """`add` clusters, `start`, and hand `endpoints` to `kubeconfig.write`; all in the clock's own loop."""

    def __init__(self, clock: SimulatedClock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._clock = clock
        self._host, self._port = host, port
        self._hosted: dict[str, _Hosted] = {}
        self._authority = trustme.CA(organization_name="Seatrial simulator")
        self._runner: web.ServerRunner | None = None

    @property
    def ca_pem(self) -> bytes:
        return self._authority.cert_pem.bytes()

    @property
    def port(self) -> int:
        """The port in use; the one asked for until the server has started."""
        return self._port

    def add(
        self,
        cluster: SimulatedCluster,
        *,
        token: str | None = None,
        identities: Iterable[tuple[str, Identity]] = (),
        rules: Iterable[Forbid] = (),
        extensions: Mapping[str, Extension] | None = None,
    ) -> None:
        """Serve `cluster` under its name; may be called while the server runs.

        `extensions` answer, after authentication, below their path prefix such as "/provider".
        """
        if cluster.name in self._hosted:
            raise BadInput(f"two simulated clusters are called {cluster.name!r}.")
        access = Access(token or secrets.token_urlsafe(24), rules)
        for other, identity in identities:
            access.add(other, identity)
        self._hosted[cluster.name] = _Hosted(cluster, access, extensions or {})

    def remove(self, name: str) -> None:
        """Stop serving a cluster; its watches end."""
        hosted = self._hosted.pop(name, None)
        if hosted is not None:
            hosted.end()

    def access(self, name: str) -> Access:
        """Tokens and rules of one cluster."""
        return self._hosted[name].access

    def endpoints(self) -> list[Endpoint]:
        """How to reach each cluster."""
        return [
            Endpoint(
                name=name,
                server=f"https://{self._host}:{self._port}{_PREFIX}{name}",
                token=hosted.access.token,
                ca_pem=self.ca_pem,
            )
            for name, hosted in self._hosted.items()
        ]

    async def start(self) -> None:
        """Listen; raises `BadInput` when the port is taken."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(self._host, "localhost").configure_cert(context)
        context.set_alpn_protocols(["http/1.1"])
        loop = asyncio.get_running_loop()

        def request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
            return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MAX_BODY)

        server = web.Server(self._serve, access_log=None, handler_cancellation=True, request_factory=request)
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=context, backlog=1024)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise BadInput(
                f"cannot listen on {self._host}:{self._port}: {os.strerror(error.errno or 0).lower()}.",
                next_step="Choose another port, or 0 for a free one.",
            ) from error
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """End every watch and stop listening."""
        for hosted in self._hosted.values():
            hosted.end()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # one request
    async def _serve(self, raw: web.BaseRequest) -> web.StreamResponse:
        self._clock.polled()
        name, path = _split(raw.rel_url.raw_path)
        hosted = self._hosted.get(name) if name else self._whose(raw.headers.get("Authorization", ""))
        if hosted is None:
            return _response(answer_error(ApiError(404, f"no simulated cluster is called {name!r}")), raw)
        api, info, code = hosted.api, None, 200
        try:
            request = HttpRequest(
                method=raw.method,
                path=path,
                query=raw.rel_url.query,
                headers={name.lower(): value for name, value in raw.headers.items()},
                body=await _read(raw),
                identity=hosted.access.authenticate(raw.headers.get("Authorization", "")),
                address=f"{self._host}:{self._port}",
            )
            if (extension := hosted.extension(path)) is not None:
                return web.json_response(body=await extension(raw.method, request.body))
            info = api.describe(request)
            if await self._interfered(hosted.cluster.faults.react(info), raw):
                return web.Response(status=500)
            answer = api.handle(request, info)
            if isinstance(answer, Watch):
                api.record(info, 200)
                return await self._stream(raw, answer, hosted)
        except ApiError as error:
            answer = answer_error(error)
        except Exception:
            # A bug of ours: the client gets a Status all the same, the log the rest.
            _log.exception("%s %s", raw.method, path)
            answer = answer_error(ApiError(500, "the simulator failed to answer; its log says why"))
        code = answer.status
        api.record(info or RequestInfo(raw.method.lower(), path), code)
        return _response(answer, raw)

    def _whose(self, authorization: str) -> _Hosted | None:
        """The cluster of a token: `kubectl get --raw` of old kubectl drops the path before /api."""
        for hosted in self._hosted.values():
            with suppress(ApiError):
                hosted.access.authenticate(authorization)
                return hosted
        return None

    async def _interfered(self, reaction: Reaction | None, raw: web.BaseRequest) -> bool:
        """Carry out a fault; True when the connection is gone."""
        if reaction is None:
            return False
        if reaction.delay > 0:
            # A client that keeps the clock still while it waits gets the delay in wall time.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._clock.sleep(reaction.delay), reaction.delay)
        if reaction.cut:
            if raw.transport is not None:
                raw.transport.abort()
            return True
        if reaction.error is not None:
            raise reaction.error
        return False

    async def _stream(self, raw: web.BaseRequest, watch: Watch, hosted: _Hosted) -> web.StreamResponse:
        loop, wake = asyncio.get_running_loop(), asyncio.Event()
        watch.wake = wake.set
        hosted.watches.add(watch)
        response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Cache-Control": "no-cache"}
        )
        response.enable_chunked_encoding()
        end = loop.time() + (watch.options.timeout or _WATCH_TIMEOUT)
        next_bookmark = loop.time() + _BOOKMARK_EVERY
        try:
            await response.prepare(raw)
            while True:
                lines = watch.take()
                if lines:
                    await response.write(lines)
                    continue
                now = loop.time()
                if watch.over or now >= end:
                    break
                if now >= next_bookmark:
                    watch.bookmark()
                    next_bookmark = now + _BOOKMARK_EVERY
                    continue
                wake.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), min(end, next_bookmark) - now)
            await response.write_eof()
        except ConnectionError:
            pass  # the client went away
        finally:
            hosted.watches.discard(watch)
            watch.close()
        return response


class _Hosted:
    """One cluster with its tokens, its API server of the moment, and the watches that are open on it."""

    def __init__(
        self, cluster: SimulatedCluster, access: Access, extensions: Mapping[str, Extension]
    ) -> None:
        self.cluster = cluster
        self._extensions = extensions
        self.access = access
        self.api = ApiServer(cluster, access)
        self.watches: set[Watch] = set()
        self._forget = cluster.on_restart(self._restarted)

    def extension(self, path: str) -> Callable[[str, bytes], Awaitable[bytes]] | None:
        """Whoever answers at `path` in the API server's place."""
        for prefix, answer in self._extensions.items():
            below = path.removeprefix(prefix)
            if below != path and below[:1] in ("", "/"):
                return lambda method, body: answer(method, below, body)
        return None

    def end(self) -> None:
        self._forget()
        self._cut()

    def _restarted(self) -> None:
        self.api = ApiServer(self.cluster, self.access)
        self._cut()

    def _cut(self) -> None:
        for watch in tuple(self.watches):
            watch.close()


def _split(path: str) -> tuple[str, str]:
    """The cluster's name and the path below it."""
    if not path.startswith(_PREFIX):
        return "", path
    name, slash, rest = path.removeprefix(_PREFIX).partition("/")
    return name, slash + rest if slash else "/"


async def _read(raw: web.BaseRequest) -> bytes:
    if not raw.can_read_body:
        return b""
    if raw.headers.get("Expect", "").lower() == "100-continue" and raw.transport is not None:
        raw.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        body = await raw.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, f"Request entity too large: limit is {_MAX_BODY}") from error
    if raw.headers.get("Content-Encoding", "") == "gzip":
        body = zlib.decompressobj(31).decompress(body, _MAX_BODY)
    return body


def _response(answer: Answer, raw: web.BaseRequest) -> web.Response:
    headers = dict(answer.headers)
    headers["Content-Type"] = answer.content_type
    headers["Cache-Control"] = "no-cache, private"
    body = answer.body
    if len(body) >= _GZIP_FROM and "gzip" in raw.headers.get("Accept-Encoding", ""):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
        headers["Content-Encoding"] = "gzip"
    response = web.Response(status=answer.status, body=body, headers=headers)
    for warning in answer.warnings:
        text = warning.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{text}"')
    return response
