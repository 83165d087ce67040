"""Waits until everything that a release brought is ready: what Helm's `--wait` does, under our clock."""

from __future__ import annotations

from seatrial.cluster_runs.performing import StepContext, StepResult, succeeded
from seatrial.cluster_runs.ports import Charts
from seatrial.plan import WaitForChart

_LOOK_EVERY = 5.0  # seconds


async def wait_for_chart(action: WaitForChart, context: StepContext, charts: Charts) -> StepResult:
    while problems := await charts.not_ready(action.release, action.namespace):
        shown = "; ".join(problems[:3]) + (f" and {len(problems) - 3} more" if problems[3:] else "")
        await context.progress(shown)
        await context.clock.sleep(_LOOK_EVERY)
    return succeeded(f"{action.release} is ready.")
