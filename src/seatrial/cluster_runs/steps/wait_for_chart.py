"""Waits until everything that a release brought is ready: what Helm's `--wait` does, under our clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from seatrial.cluster_runs.pauses import pauses
from seatrial.cluster_runs.performing import StepContext, StepResult, succeeded
from seatrial.plan import WaitForChart

_LONGEST_PAUSE = 5.0  # seconds between two looks


async def wait_for_chart(
    action: WaitForChart, context: StepContext, not_ready: Callable[[], Awaitable[tuple[str, ...]]]
) -> StepResult:
    pause = pauses(_LONGEST_PAUSE)
    while problems := await not_ready():
        shown = "; ".join(problems[:3]) + (f" and {len(problems) - 3} more" if problems[3:] else "")
        await context.progress(shown)
        await context.clock.sleep(next(pause))
    return succeeded(f"{action.release} is ready.")
