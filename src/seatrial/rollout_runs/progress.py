"""How far the clusters of a rollout are, read from the journals of their runs."""

from __future__ import annotations

from seatrial.cluster_runs.cluster_run import read_journal
from seatrial.cluster_runs.performing import PROGRESS
from seatrial.plan import Plan, Progress, fold, read_plan
from seatrial.rollout.state import RolloutState
from seatrial.rollout.status import ClusterProgress
from seatrial.store import Store, StreamKind


async def read_progress(store: Store, state: RolloutState) -> dict[str, ClusterProgress]:
    """The progress of each cluster that runs, for a process that does not drive the rollout."""
    found = {}
    for name in state.running():
        prefix = f"{state.clusters[name].run_id}."
        runs = await store.streams(kind=StreamKind.CLUSTER_RUN, parent=state.rollout.id, subject=name)
        current = [stream for stream in runs if stream.id.startswith(prefix)]
        if current:
            newest = current[-1]
            plan = read_plan(await store.plan(newest.plan_digest), where=newest.id)
            found[name] = progress_of(plan, fold(plan, await read_journal(store, newest.id)))
    return found


def progress_of(plan: Plan, progress: Progress) -> ClusterProgress:
    """The step under way, how many of the plan's are settled, and what it last said."""
    done = sum(progress.steps[step.id].ok for step in plan.steps)
    running = progress.running(plan)
    if not running:
        return ClusterProgress(done=done, total=len(plan.steps))
    step = running[0]
    own = progress.steps[step.id]
    said = own.deferred_why or own.notes.get(PROGRESS, "")
    others = f" and {len(running) - 1} more" if len(running) > 1 else ""
    return ClusterProgress(
        step=step.id,
        done=done,
        total=len(plan.steps),
        detail=f"{step.title}{others}" + (f": {said}" if said else ""),
    )
