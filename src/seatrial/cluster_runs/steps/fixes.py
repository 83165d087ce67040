"""Carries out an approved fix, and puts back what it replaced.

The inverse is taken from the live object right before the change, so that it is exact; it is journaled
before the change, so that it outlives us.
"""

from __future__ import annotations

import msgspec

from seatrial.cluster.objects import GroupVersionKind, GroupVersionResource
from seatrial.cluster_runs.performing import StepContext, StepResult, already_done, succeeded
from seatrial.cluster_runs.ports import Reading, Writing
from seatrial.errors import NotFound
from seatrial.fixes.merging import inverse, matches
from seatrial.plan import ApplyFix, RevertFix

INVERSE = "inverse"
"""The note that holds the merge patch which takes the fix back."""


async def apply_fix(action: ApplyFix, context: StepContext, reading: Reading, writing: Writing) -> StepResult:
    patch = msgspec.json.decode(action.patch)
    found = await reading.get(_resource(action), action.name, action.namespace)
    if matches(found, patch):
        return already_done("it is so already.")
    await context.check_facts()
    await context.note(INVERSE, msgspec.json.encode(inverse(found, patch), order="sorted").decode())
    await writing.patch(_resource(action), action.name, action.namespace, patch)
    return succeeded()


async def revert_fix(
    action: RevertFix, context: StepContext, reading: Reading, writing: Writing
) -> StepResult:
    fix = context.plan.step(action.fix_step).action
    assert isinstance(fix, ApplyFix)  # noqa: S101  as `check_plan` made sure
    recorded = context.notes(action.fix_step).get(INVERSE)
    if recorded is None:
        return already_done("there was nothing to put back.")
    back = msgspec.json.decode(recorded)
    try:
        found = await reading.get(_resource(fix), fix.name, fix.namespace)
    except NotFound:
        return already_done("the object is gone.")
    if matches(found, back):
        return already_done("it was put back already.")
    if not matches(found, msgspec.json.decode(fix.patch)):
        return already_done("somebody has changed it since; it is left as it is.")
    await writing.patch(_resource(fix), fix.name, fix.namespace, back)
    return succeeded()


def _resource(action: ApplyFix) -> GroupVersionResource:
    gvk = GroupVersionKind.of(action.api_version, action.kind)
    return GroupVersionResource(gvk.group, gvk.version, action.resource)
