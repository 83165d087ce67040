"""`/v1/stop`: order the fleet-wide stop, look at it, lift it; each answer says what still runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from seatrial.clock import Clock
from seatrial.errors import SeatrialError
from seatrial.rollout_runs.stop import StopKeeper, StopSwitch
from seatrial.store import Stop

StillRunning = Callable[[], Awaitable[dict[str, tuple[str, ...]]]]
"""Clusters under way, by rollout."""


T = TypeVar("T")


class _Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    why: str
    by: str


class _Lift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    by: str


class StopResource:
    def __init__(
        self, stop: StopSwitch, keeper: StopKeeper, clock: Clock, still_running: StillRunning
    ) -> None:
        self._stop = stop
        self._keeper = keeper
        self._clock = clock
        self._still_running = still_running

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/stop", self.look),
            web.post("/v1/stop", self.order),
            web.delete("/v1/stop", self.lift),
        ]

    async def look(self, request: web.Request) -> web.Response:
        return await self._answer()

    async def order(self, request: web.Request) -> web.Response:
        asked = _body(await request.read(), _Order)
        if not asked.why.strip() or not asked.by.strip():
            raise web.HTTPBadRequest(text="a stop needs `why` and `by`.")
        order = Stop(by=asked.by, at=self._clock.now(), why=asked.why)
        return await self._answer(await self._keeper.order(order))

    async def lift(self, request: web.Request) -> web.Response:
        asked = _body(await request.read(), _Lift)
        if not asked.by.strip():
            raise web.HTTPBadRequest(text="lifting a stop needs `by`.")
        await self._keeper.lift(by=asked.by, at=self._clock.now())
        return await self._answer()

    async def _answer(self, note: str = "") -> web.Response:
        try:
            stop = await self._stop.stopped()
            running = await self._still_running()
        except SeatrialError as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from None
        said = {"by": stop.by, "at": stop.at, "why": stop.why} if stop else None
        body: dict[str, Any] = {"stopped": said, "stillRunning": running}
        if note:
            body["note"] = note
        return web.Response(body=msgspec.json.encode(body), content_type="application/json")


def _body(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise web.HTTPBadRequest(text=f"the body is not what is asked for: {error}.") from None
