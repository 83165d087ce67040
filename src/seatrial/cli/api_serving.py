"""Serves the API beside a rollout that is driven here; only then does it load aiohttp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from seatrial.cli.output import print_line
from seatrial.cli.rollout_desk import Desk


@asynccontextmanager
async def serving_api(desk: Desk, listen: str) -> AsyncIterator[None]:
    """Serve at `listen` until the end of the block; nothing when it is empty."""
    if not listen:
        yield
        return
    from seatrial.api.server import serving
    from seatrial.api.stop import StopResource
    from seatrial.api.token import TOKEN_FILE, api_token

    async def still_running() -> dict[str, tuple[str, ...]]:
        return {
            journal.rollout.id: journal.state.running()
            for journal in await desk.rollouts()
            if not journal.state.finished
        }

    resource = StopResource(desk.stop, desk.store, desk.clock, still_running)
    async with serving(listen, api_token(desk.folder), resource) as address:
        print_line(f"API at {address}; its token is in {desk.folder / TOKEN_FILE}.")
        yield
