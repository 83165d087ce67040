"""Leaves a change to whoever owns the resource: writes it down for them once, then only looks.

Between two looks nobody is at work: the run is parked, and takes no slot.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from seatrial.cluster_runs.performing import StepContext, StepResult, WaitsForOwner, already_done, succeeded
from seatrial.cluster_runs.ports import Handoffs
from seatrial.plan import Ownership

WRITTEN = "handoff"
"""The note that says what the owner has to do, and where it is written down."""


async def await_owner(
    context: StepContext, handoffs: Handoffs, is_done: Callable[[], Awaitable[bool]]
) -> StepResult:
    """Return when `is_done`; until then raise `WaitsForOwner`, which parks the run."""
    step = context.step
    owner = step.owner or "the owner"
    written = context.notes().get(WRITTEN, "")
    if await is_done():
        if written:
            return succeeded(f"{owner} made the change.")
        return already_done(f"{owner} had made the change already.")
    if not written:
        written = f"{step.title}."
        if step.ownership is Ownership.HANDOFF:
            handoff = None if isinstance(step.handoff, msgspec.UnsetType) else step.handoff
            written = await handoffs.write(context.plan, step, handoff, context.run_id, context.begun_at)
        await context.note(WRITTEN, written)
    raise WaitsForOwner(owner, written)
