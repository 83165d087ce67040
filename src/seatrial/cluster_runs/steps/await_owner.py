"""Waits until whoever owns a resource has changed it: we look, and touch nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from seatrial.cluster_runs.performing import WAITING_FOR, StepContext, StepResult, already_done, succeeded

_LOOK_EVERY = 60.0  # seconds


async def await_owner(context: StepContext, is_done: Callable[[], Awaitable[bool]]) -> StepResult:
    """Return when `is_done`; until then the journal says for whom we wait."""
    owner = context.step.owner or "the owner"
    if await is_done():
        return already_done(f"{owner} had made the change already.")
    await context.note(WAITING_FOR, owner)
    while not await is_done():
        await context.clock.sleep(_LOOK_EVERY)
    return succeeded(f"{owner} made the change.")
