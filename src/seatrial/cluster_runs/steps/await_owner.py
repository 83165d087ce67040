"""Waits until whoever owns a resource has changed it: we look, and touch nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from seatrial.cluster_runs.pauses import pauses
from seatrial.cluster_runs.performing import WAITING_FOR, StepContext, StepResult, already_done, succeeded

_LONGEST_PAUSE = 60.0  # seconds between two looks


async def await_owner(context: StepContext, is_done: Callable[[], Awaitable[bool]]) -> StepResult:
    """Return when `is_done`; until then the journal says for whom we wait."""
    owner = context.step.owner or "the owner"
    if await is_done():
        return already_done(f"{owner} had made the change already.")
    await context.note(WAITING_FOR, owner)
    pause = pauses(_LONGEST_PAUSE)
    while not await is_done():
        await context.clock.sleep(next(pause))
    return succeeded(f"{owner} made the change.")
