"""Looks before anything is touched: the right cluster, nothing under way, the plan's facts still true."""

from __future__ import annotations

from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster_runs.performing import StepContext, StepResult, failed, succeeded
from seatrial.cluster_runs.ports import Reading
from seatrial.cluster_runs.steps.baseline import observe_baseline
from seatrial.errors import TemporaryError
from seatrial.providers.protocol import Provider

BASELINE = "baseline"
"""The note that holds the health before the upgrade."""
_NAMESPACES = GroupVersionResource("", "v1", "namespaces")


async def preflight(context: StepContext, reading: Reading, provider: Provider) -> StepResult:
    uid = await cluster_uid(reading)
    if uid != context.plan.cluster_uid:
        return failed("this is another cluster than the one that the plan was made for.")
    state = await provider.state()
    if state.running_operations:
        raise TemporaryError(
            f"the provider is at work on the cluster ({', '.join(state.running_operations)}).",
            next_step="Waiting for it to end.",
        )
    await context.check_facts()
    health, _ = await observe_baseline(reading)
    if BASELINE not in context.notes():
        await context.note(BASELINE, health.encode())
    return succeeded(
        f"{len(health.unready)} workloads and {health.nodes_not_ready} nodes were not ready before."
        if health.unready or health.nodes_not_ready
        else "everything is ready."
    )


async def cluster_uid(reading: Reading) -> str:
    """What tells two clusters apart, whatever they are called: the UID of kube-system."""
    namespace = await reading.get(_NAMESPACES, "kube-system")
    return str((namespace.get("metadata") or {}).get("uid") or "")
