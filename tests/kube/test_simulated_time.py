"""The client under a simulation's clock, with the server in the same process."""

from __future__ import annotations

import asyncio
import random
import time

from aiohttp import web
from tests.kube.fake_server import failing, fake_server, json
from tests.kube.test_watch import event

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import GroupVersionResource
from seatrial.kube import ClusterAccess, ReadClient, connect

PODS = GroupVersionResource("", "v1", "pods")


def test_waiting_for_a_busy_server_costs_simulated_time_only() -> None:
    clock = SimulatedClock()

    async def main() -> None:
        async with fake_server() as server:
            busy = failing(429, "TooManyRequests", retry_after="20")
            server.on("GET", "/version", *[busy] * 6, json({"gitVersion": "v1.37.0"}))
            async with connect(ClusterAccess("twin", server.url), clock, rng=random.Random(1)) as session:
                await ReadClient(session).version()

    started = time.monotonic()
    clock.run(main())
    assert 120 <= clock.monotonic() < 121
    assert time.monotonic() - started < 2


def test_an_open_watch_does_not_keep_simulated_time_still() -> None:
    clock = SimulatedClock()
    heard: list[tuple[float, str]] = []

    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for version in (2, 3):
            await clock.sleep(600)
            await response.write(event("ADDED", version))
        await clock.sleep(600)
        return response

    async def main() -> None:
        async with fake_server() as server:
            server.on("GET", "/api/v1/pods", serve)
            async with connect(ClusterAccess("twin", server.url), clock, rng=random.Random(1)) as session:
                async for one in ReadClient(session).watch(PODS, resource_version="1"):
                    heard.append((clock.monotonic(), one.resource_version))
                    if len(heard) == 2:
                        return

    started = time.monotonic()
    clock.run(asyncio.wait_for(main(), 10))
    assert heard == [(600.0, "2"), (1200.0, "3")]
    assert time.monotonic() - started < 2
