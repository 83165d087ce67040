"""Has Helm apply a chart, and brings a release back that did not work.

Helm killed in the middle leaves the release `pending`, and refuses everything after. So the revision
before is journaled before Helm starts, and a pending release that is ours is first brought back to it.
"""

from __future__ import annotations

from seatrial.charts.helm_errors import ReleaseBusy
from seatrial.cluster.release_state import Absent, Deployed, Failed, Pending, ReleaseState
from seatrial.cluster_runs.pauses import pauses
from seatrial.cluster_runs.performing import StepContext, StepResult, already_done, succeeded
from seatrial.cluster_runs.ports import Charts
from seatrial.errors import TemporaryError
from seatrial.plan import RollBackChart, UpgradeChart

BEFORE = "revision-before"
"""The note that holds the deployed revision before the upgrade; "0" where there was none."""
AFTER = "revision"
"""The note that holds the revision that the upgrade made; empty while Helm is at work."""
_HELM_PATIENCE = 600.0  # wall seconds that Helm gets for hooks and, where it waits, for readiness
_ORPHAN_PATIENCE = 15.0  # seconds; a Helm that does not wait needs one or two
_LONGEST_PAUSE = 5.0  # seconds between two looks


async def upgrade_chart(action: UpgradeChart, context: StepContext, charts: Charts) -> StepResult:
    found = await charts.state(action.release, action.namespace)
    begun = BEFORE in context.notes() and (context.resume or context.attempt > 1)
    if isinstance(found, Pending) and begun:
        found = await _settled(action, context, charts, found)
    if isinstance(found, Pending):
        await _repair(action, context, charts, found, ours=begun)
        found = await charts.state(action.release, action.namespace)
    if isinstance(found, Deployed) and _is_done(found, action, context if begun else None):
        if begun:
            await context.note(AFTER, str(found.revision))
        return already_done(f"{action.release} is at {found.version}, revision {found.revision}.")
    if not begun:
        await context.check_facts()
    await context.note(BEFORE, str(_good_revision(found)))
    await context.note(AFTER, "")
    try:
        revision = await charts.upgrade(
            context.plan.component(action.component), wait=action.waits_in_helm, patience=_HELM_PATIENCE
        )
    except ReleaseBusy as busy:  # it began after we looked: one that a killed process of ours left behind
        raise _at_work(action, "busy") from busy
    await context.note(AFTER, str(revision))
    return succeeded(f"revision {revision}.")


async def roll_back_chart(action: RollBackChart, context: StepContext, charts: Charts) -> StepResult:
    notes = context.notes(action.upgrade_step)
    if BEFORE not in notes:
        return already_done("Helm was not called.")
    before = int(notes[BEFORE])
    found = await charts.state(action.release, action.namespace)
    if isinstance(found, Absent) or (isinstance(found, Deployed) and found.revision == before):
        return already_done("it is as it was before.")
    ours = notes.get(AFTER)
    if isinstance(found, Deployed) and ours and found.revision > int(ours):
        return await _ready_again(action, context, charts, f"revision {found.revision} came after ours.")
    if before:
        await charts.roll_back(action.release, action.namespace, before, patience=_HELM_PATIENCE)
        return await _ready_again(action, context, charts, f"back at what revision {before} was.")
    await charts.uninstall(action.release, action.namespace, patience=_HELM_PATIENCE)
    return succeeded("it was not installed before, so it was uninstalled.")


async def _settled(
    action: UpgradeChart, context: StepContext, charts: Charts, found: ReleaseState
) -> ReleaseState:
    """A Helm whose parent was killed may still be at work: give it time to end by itself."""
    patience = context.clock.monotonic() + _ORPHAN_PATIENCE
    pause = pauses(_LONGEST_PAUSE)
    while isinstance(found, Pending) and context.clock.monotonic() < patience:
        await context.progress(f"{action.release} is {found.status}: a Helm of before may be at work on it")
        await context.clock.sleep(next(pause))
        found = await charts.state(action.release, action.namespace)
    return found


def _at_work(action: UpgradeChart, status: str) -> TemporaryError:
    return TemporaryError(
        f"release {action.release} is {status}: another Helm is at work on it, or was killed.",
        next_step=f"If none is: helm rollback {action.release} -n {action.namespace}",
    )


async def _repair(
    action: UpgradeChart, context: StepContext, charts: Charts, found: Pending, *, ours: bool
) -> None:
    if not ours:
        raise _at_work(action, found.status)
    await context.progress(f"bringing {action.release} back from {found.status}")
    if found.good_revision:
        await charts.roll_back(action.release, action.namespace, found.good_revision, patience=_HELM_PATIENCE)
    else:
        await charts.uninstall(action.release, action.namespace, patience=_HELM_PATIENCE)


def _is_done(found: Deployed, action: UpgradeChart, begun: StepContext | None) -> bool:
    if found.version != action.to_version:
        return False
    if action.from_version != action.to_version:
        return True
    # new values for the same version: only the revision tells
    return begun is not None and found.revision > int(begun.notes()[BEFORE])


def _good_revision(state: ReleaseState) -> int:
    match state:
        case Absent():
            return 0
        case Deployed(revision=revision):
            return revision
        case Failed(good_revision=revision) | Pending(good_revision=revision):
            return revision


async def _ready_again(
    action: RollBackChart, context: StepContext, charts: Charts, detail: str
) -> StepResult:
    pause = pauses(_LONGEST_PAUSE)
    while problems := await charts.not_ready(action.release, action.namespace):
        await context.progress("; ".join(problems[:3]))
        await context.clock.sleep(next(pause))
    return succeeded(detail)
