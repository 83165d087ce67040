"""Waits until nothing is broken that worked before: the end of an upgrade, judged by its baseline."""

from __future__ import annotations

from seatrial.cluster_runs.pauses import pauses
from seatrial.cluster_runs.performing import StepContext, StepResult, failed, succeeded
from seatrial.cluster_runs.ports import Reading
from seatrial.cluster_runs.steps.baseline import Baseline, observe_baseline
from seatrial.cluster_runs.steps.preflight import BASELINE
from seatrial.plan import Preflight

_LONGEST_PAUSE = 10.0  # seconds between two looks


async def verify_cluster(context: StepContext, reading: Reading) -> StepResult:
    recorded = _recorded(context)
    if recorded is None:
        return failed("there is no baseline to compare with: the preflight recorded none.")
    before = Baseline.decode(recorded)
    pause = pauses(_LONGEST_PAUSE)
    while True:
        now, reasons = await observe_baseline(reading)
        worse = [reasons[workload] for workload in now.unready if workload not in before.unready]
        if now.nodes_not_ready > before.nodes_not_ready:
            worse.append(f"{now.nodes_not_ready} nodes are not Ready; it were {before.nodes_not_ready}")
        if not worse:
            healed = set(before.unready) - set(now.unready)
            also = f"; {len(healed)} that were not are now" if healed else ""
            return succeeded(f"everything that was ready before is ready{also}.")
        await context.progress("; ".join(worse[:5]) + (f" and {len(worse) - 5} more" if worse[5:] else ""))
        await context.clock.sleep(next(pause))


def _recorded(context: StepContext) -> str | None:
    for step in context.plan.steps:
        if isinstance(step.action, Preflight):
            return context.notes(step.id).get(BASELINE)
    return None
