"""Holds an autoscaler at zero replicas while nodes are replaced, and puts its replicas back.

What was there is journaled before it is changed. A hold taken twice must not record its own zero.
"""

from __future__ import annotations

from seatrial.cluster.objects import GroupVersionKind, GroupVersionResource, Obj
from seatrial.cluster_runs.pauses import pauses
from seatrial.cluster_runs.performing import StepContext, StepResult, already_done, succeeded
from seatrial.cluster_runs.ports import Reading, Writing
from seatrial.plan import HoldAutoscaler, ReleaseAutoscaler

REPLICAS = "replicas"
"""The note that holds the replica count before the hold."""
_LONGEST_PAUSE = 5.0  # seconds between two looks
_READY_WITHIN = 120.0  # seconds that its pods get before we go on: what runs then is looked at as it is


async def hold_autoscaler(
    action: HoldAutoscaler, context: StepContext, reading: Reading, writing: Writing
) -> StepResult:
    gvr = _resource(action)
    found = await reading.get(gvr, action.name, action.namespace)
    replicas = _wanted(found)
    if replicas == 0 and not int(context.notes().get(REPLICAS, "0")):
        await context.note(REPLICAS, "0")
        return already_done("it was at 0 replicas before.")
    if replicas:
        await context.note(REPLICAS, str(replicas))
        await writing.scale(gvr, action.name, action.namespace, 0)
    pause = pauses(_LONGEST_PAUSE)
    while (found.get("status") or {}).get("replicas"):
        await context.progress("waiting until its pods are gone")
        await context.clock.sleep(next(pause))
        found = await reading.get(gvr, action.name, action.namespace)
    return succeeded(f"held at 0 replicas; it had {context.notes()[REPLICAS]}.")


async def release_autoscaler(
    action: ReleaseAutoscaler, context: StepContext, reading: Reading, writing: Writing
) -> StepResult:
    held = context.plan.step(action.hold_step).action
    assert isinstance(held, HoldAutoscaler)  # noqa: S101  as `check_plan` made sure
    before = int(context.notes(action.hold_step).get(REPLICAS, "0"))
    if not before:
        return already_done("there was nothing to put back.")
    gvr = _resource(held)
    found = await reading.get(gvr, held.name, held.namespace)
    now = _wanted(found)
    if not now:
        await writing.scale(gvr, held.name, held.namespace, before)
    last_look = context.clock.monotonic() + _READY_WITHIN
    pause = pauses(_LONGEST_PAUSE)
    while True:
        found = await reading.get(gvr, held.name, held.namespace)
        is_ready = (found.get("status") or {}).get("readyReplicas", 0) >= _wanted(found)
        if is_ready or context.clock.monotonic() >= last_look:
            break
        await context.clock.sleep(next(pause))
    said = f"it is at {now} replicas already" if now else f"back at {before} replicas"
    result = already_done if now else succeeded
    return result(f"{said}." if is_ready else f"{said}, which are not ready yet.")


def _resource(action: HoldAutoscaler) -> GroupVersionResource:
    gvk = GroupVersionKind.of(action.api_version, action.kind)
    return GroupVersionResource(gvk.group, gvk.version, f"{gvk.kind.lower()}s")


def _wanted(workload: Obj) -> int:
    return int((workload.get("spec") or {}).get("replicas", 1))
