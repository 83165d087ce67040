"""Applies a chart's CustomResourceDefinitions ahead of the chart, since Helm never updates them."""

from __future__ import annotations

from seatrial.cluster_runs.performing import StepContext, StepResult, already_done, succeeded
from seatrial.cluster_runs.ports import Charts
from seatrial.plan import ApplyCrds


async def apply_crds(action: ApplyCrds, context: StepContext, charts: Charts) -> StepResult:
    names = await charts.apply_crds(context.plan.component(action.component))
    if not names:
        return already_done("there are none to apply.")
    return succeeded(f"established: {', '.join(names)}.")
