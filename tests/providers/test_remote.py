"""The simulated provider, asked over HTTP from outside, keeps the same contract."""

from __future__ import annotations

import random

import pytest
from aiohttp import web
from tests.providers.contract import Play, ProviderContract, Stage
from tests.providers.test_simulated import Story, World

from seatrial.errors import BadFormat, NotFound
from seatrial.kube import ClusterAccess, connect
from seatrial.providers.remote import remote_provider
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX


def play_remotely(world: World, story: Story) -> None:
    async def serve(request: web.Request) -> web.Response:
        body = await answer(world.provider, request.method, request.match_info["path"], await request.read())
        return web.Response(body=body, content_type="application/json")

    async def other(_: web.Request) -> web.Response:
        return web.json_response({"state": 17})

    async def at_home(stage: Stage) -> None:
        app = web.Application()
        app.router.add_route("*", f"/clusters/harbour{PREFIX}/{{path:.*}}", serve)
        app.router.add_route("*", f"/clusters/odd{PREFIX}/{{path:.*}}", other)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server = f"http://127.0.0.1:{runner.addresses[0][1]}/clusters"
        access = ClusterAccess("harbour", f"{server}/harbour")
        async with connect(access, world.clock, rng=random.Random(1)) as session:
            await story(Stage(await remote_provider(session), world.clock, stage.starts))
            odd = ClusterAccess("odd", f"{server}/odd")
            async with connect(odd, world.clock, rng=random.Random(1)) as strange:
                with pytest.raises(BadFormat, match="not a simulated provider"):
                    await remote_provider(strange)
            none = ClusterAccess("none", f"{server}/none")
            async with connect(none, world.clock, rng=random.Random(1)) as empty:
                with pytest.raises(NotFound):
                    await remote_provider(empty)
        await runner.cleanup()

    world.play(at_home)


class TestRemoteProvider(ProviderContract):
    @pytest.fixture
    def play(self) -> Play:
        return lambda story: play_remotely(World("eks"), story)
