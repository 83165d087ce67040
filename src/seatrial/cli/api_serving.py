"""Serves the API beside what is done here, a rollout or a worker; only then does it load aiohttp's server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from seatrial.cli.output import print_line
from seatrial.cli.rollout_desk import Desk
from seatrial.clock import Clock
from seatrial.rollout_runs.running import still_running
from seatrial.rollout_runs.stop import FleetStop, KeptBesideState, KeptForWorkers, StopKeeper
from seatrial.store import Store


@asynccontextmanager
async def serving_api(desk: Desk, listen: str) -> AsyncIterator[None]:
    """Serve at `listen` until the end of the block; nothing when it is empty."""
    if not listen:
        yield
        return
    keeper = (KeptForWorkers if desk.queue is not None else KeptBesideState)(desk.stop, desk.store)
    async with _serving(desk.folder, listen, keeper, desk.store, desk.clock):
        yield


@asynccontextmanager
async def serving_api_of_worker(folder: Path, listen: str, clock: Clock, store: Store) -> AsyncIterator[None]:
    """The same for one worker of many."""
    if not listen:
        yield
        return
    async with _serving(folder, listen, KeptForWorkers(FleetStop(folder, store), store), store, clock):
        yield


@asynccontextmanager
async def _serving(
    folder: Path, listen: str, keeper: StopKeeper, store: Store, clock: Clock
) -> AsyncIterator[None]:
    from seatrial.api.server import serving
    from seatrial.api.stop import StopResource
    from seatrial.api.token import TOKEN_FILE, api_token

    resource = StopResource(FleetStop(folder, store), keeper, clock, partial(still_running, store))
    async with serving(listen, api_token(folder), resource) as address:
        print_line(f"API at {address}; its token is in {folder / TOKEN_FILE}.")
        yield
