"""Four ways to stop a fleet, each measured on a driven rollout: no cluster starts 5 s after."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.rollout.builders import rollout

from seatrial.api.server import serving
from seatrial.api.stop import StopResource
from seatrial.api.token import api_token
from seatrial.clock import WallClock
from seatrial.errors import BadInput
from seatrial.rollout.document import RolloutStage
from seatrial.rollout.events import Health, Outcome
from seatrial.rollout_runs.journal import create_rollout
from seatrial.rollout_runs.orders import ClusterOrder, ClusterResult, HealthResult
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.stop import FleetStop, KeptBesideState
from seatrial.store import Stop, Store
from seatrial.store.sql import open_store

MANY = rollout(RolloutStage(name="all", clusters=tuple(f"c{n}" for n in range(400)), max_concurrent=2))
CLOCK = WallClock()


class Fleet:
    """A rollout that starts a cluster every tenth of a second, at the default poll of 2 s."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store
        self.starts: list[float] = []

    async def start(self, order: ClusterOrder) -> ClusterResult:
        self.starts.append(CLOCK.monotonic())
        await CLOCK.sleep(0.2)
        return ClusterResult(Outcome.SUCCEEDED)

    async def observe(self, order: ClusterOrder) -> HealthResult:
        return HealthResult(Health.HEALTHY)

    async def measured(self, stop: Callable[[], Awaitable[None]]) -> None:
        """Let it run, stop it, and see that nothing starts from 5 s after on."""
        journal = await create_rollout(self.store, MANY)
        run = RolloutRun(
            journal,
            clock=CLOCK,
            worker="test",
            start_cluster=self.start,
            observe_cluster=self.observe,
            stop=FleetStop(self.folder, self.store),
            inputs=self.folder,
        )
        driving = asyncio.create_task(run.run())
        await CLOCK.sleep(0.8)
        await stop()
        stopped_at = CLOCK.monotonic()
        await CLOCK.sleep(7)
        driving.cancel()
        await asyncio.gather(driving, return_exceptions=True)
        assert len(self.starts) >= 2
        assert max(self.starts) - stopped_at < 5
        assert len(self.starts) < 100


@pytest.mark.parametrize("way", ["file", "row", "api", "command"])
def test_each_way_to_stop_holds_within_five_seconds(tmp_path: Path, way: str) -> None:
    async def main() -> None:
        store = open_store(tmp_path / "seatrial.db")
        order = Stop(by="ann", at=CLOCK.now(), why="outage")

        async def stop() -> None:
            match way:
                case "file":
                    (tmp_path / "STOP").touch()
                case "row":
                    await store.stop(order)
                case "api":
                    async with served(tmp_path, store) as call:
                        status, said = await call("POST", {"by": "ann", "why": "outage"})
                        assert (status, said["stopped"]["by"]) == (200, "ann")
                case "command":
                    command = [sys.executable, "-m", "seatrial", "stop", "--why", "outage"]
                    await asyncio.to_thread(
                        subprocess.run, [*command, "--state", str(tmp_path)], check=True, capture_output=True
                    )

        await Fleet(tmp_path, store).measured(stop)
        await store.close()

    asyncio.run(main())


class served:  # noqa: N801  read as `async with served(…) as call`
    def __init__(self, folder: Path, store: Store, token: str = "") -> None:
        self.folder, self.store, self.token = folder, store, token

    async def __aenter__(self) -> Callable[..., Awaitable[tuple[int, Any]]]:
        async def still_running() -> dict[str, tuple[str, ...]]:
            return {"spring-1": ("c1",)}

        switch = FleetStop(self.folder, self.store)
        resource = StopResource(switch, KeptBesideState(switch, self.store), CLOCK, still_running)
        self.serving = serving("127.0.0.1:0", api_token(self.folder), resource)
        address = await self.serving.__aenter__()
        token = self.token or api_token(self.folder)

        async def call(method: str, body: Any = None) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {token}"}
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, f"{address}/v1/stop", json=body, headers=headers) as answer,
            ):
                is_json = answer.content_type == "application/json"
                return answer.status, await (answer.json() if is_json else answer.text())

        return call

    async def __aexit__(self, *error: object) -> None:
        await self.serving.__aexit__(None, None, None)


def test_the_api_orders_shows_and_lifts_the_stop_and_says_what_still_runs(tmp_path: Path) -> None:
    async def main() -> None:
        store = open_store(tmp_path / "seatrial.db")
        async with served(tmp_path, store) as call:
            assert await call("GET") == (200, {"stopped": None, "stillRunning": {"spring-1": ["c1"]}})
            _, said = await call("POST", {"by": "ann", "why": "outage"})
            assert (said["stopped"]["why"], said["stillRunning"]) == ("outage", {"spring-1": ["c1"]})
            assert (tmp_path / "STOP").exists()
            assert await store.stopped() is not None
            assert (await call("DELETE", {"by": "ann"}))[1]["stopped"] is None
            assert not (tmp_path / "STOP").exists()
            assert (await call("POST", {"by": "ann"}))[0] == 400
            assert (await call("POST", {"by": "ann", "why": " "}))[0] == 400
            assert (await call("DELETE"))[0] == 400
        async with served(tmp_path, store, token="wrong") as call:
            assert (await call("POST", {"by": "eve", "why": "x"}))[0] == 401
            assert (await call("GET"))[0] == 401
        await store.close()

    asyncio.run(main())


def test_the_token_is_for_this_user_alone(tmp_path: Path) -> None:
    token = api_token(tmp_path)
    assert api_token(tmp_path) == token
    assert (tmp_path / "api-token").stat().st_mode & 0o777 == 0o600
    (tmp_path / "api-token").chmod(0o644)
    with pytest.raises(BadInput, match="others can read"):
        api_token(tmp_path)


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "8080", "10.0.0.1:1", "127.0.0.1:x", "127.0.0.1:99999"])
def test_it_listens_on_loopback_only(tmp_path: Path, listen: str) -> None:
    async def main() -> None:
        store = open_store(tmp_path / "seatrial.db")

        async def none() -> dict[str, tuple[str, ...]]:
            return {}

        resource = StopResource(FleetStop(tmp_path, store), store, CLOCK, none)
        with pytest.raises(BadInput, match="this machine only"):
            async with serving(listen, "t", resource):
                raise AssertionError
        await store.close()

    asyncio.run(main())
