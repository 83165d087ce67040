"""Put a rollout's state into words: `explain` answers the five questions that every status answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from seatrial.fleet.durations import write_duration
from seatrial.rollout.decide import decide_next
from seatrial.rollout.decisions import (
    Decision,
    Done,
    FinishRollout,
    FinishStage,
    FleetStopped,
    GiveUp,
    GoOnWith,
    NeedsAcceptance,
    NeedsApproval,
    ObserveClusters,
    OnHold,
    RemindOwners,
    StartClusters,
    WaitForOwners,
    WaitForRuns,
    WaitForWindow,
    WaitUntil,
)
from seatrial.rollout.document import RolloutStage
from seatrial.rollout.explain_cluster import explain_cluster
from seatrial.rollout.incidents import incidents
from seatrial.rollout.state import UNSUCCESSFUL, Phase, RolloutState
from seatrial.rollout.status import (
    ClusterProgress,
    RolloutPhase,
    RolloutStatus,
    StagePhase,
    StageStatus,
)
from seatrial.rollout.ways_out import undo_commands, ways_out


def explain(
    state: RolloutState, now: datetime, progress: Mapping[str, ClusterProgress] | None = None
) -> RolloutStatus:
    """The status at `now`; `progress` is what the journals of the runs under way say, by cluster."""
    decision = decide_next(state, now)
    rollout = state.rollout
    known = progress or {}
    return RolloutStatus(
        id=rollout.id,
        fleet=rollout.fleet,
        release=rollout.release,
        kubernetes=rollout.kubernetes,
        strategy=rollout.strategy,
        digest=state.digest,
        phase=_phase(state, decision),
        now=now,
        started_at=state.started_at,
        started_by=state.started_by,
        happening=_happening(state, decision),
        waiting=_waiting(decision),
        next=_next(state, decision),
        next_at=decision.time if isinstance(decision, WaitUntil | WaitForWindow) else None,
        would_stop=_would_stop(state, decision),
        undo=_undo(state),
        still_running=state.running(),
        stages=tuple(_stage(state, stage, decision, now) for stage in rollout.stages),
        clusters=tuple(
            explain_cluster(state, state.clusters[name], decision, now, known.get(name, ClusterProgress()))
            for stage in rollout.stages
            for name in stage.clusters
        ),
        incidents=incidents(state),
        left_out=rollout.left_out,
    )


def _phase(state: RolloutState, decision: Decision) -> RolloutPhase:
    match decision:
        case Done() | FinishRollout():
            if state.cancelled:
                return RolloutPhase.CANCELLED
            return RolloutPhase.SUCCEEDED if decision.succeeded else RolloutPhase.FAILED
        case OnHold():
            return RolloutPhase.PAUSED
        case FleetStopped():
            return RolloutPhase.STOPPED
        case NeedsApproval() | NeedsAcceptance():
            return RolloutPhase.NEEDS_APPROVAL
        case WaitForOwners():
            return RolloutPhase.WAITING_FOR_CUSTOMER
        case WaitForWindow():
            return RolloutPhase.WAITING_FOR_WINDOW
        case WaitUntil() | ObserveClusters():
            return RolloutPhase.SOAKING
        case StartClusters() | GoOnWith() | GiveUp() | RemindOwners() | FinishStage() | WaitForRuns():
            return RolloutPhase.CANCELLING if state.cancelled else RolloutPhase.RUNNING


def _happening(state: RolloutState, decision: Decision) -> str:
    running = state.running()
    upgrading = f"upgrading {_some(running)}" if running else ""
    match decision:
        case Done() | FinishRollout():
            return f"ended: {decision.detail}"
        case WaitUntil() | ObserveClusters():
            here = f"soaking stage {state.current_stage.name}" if state.current_stage else "soaking"
            return f"{here}; {upgrading}" if upgrading else here
        case StartClusters():
            return upgrading or f"starting {_some(decision.clusters)}"
        case GoOnWith():
            return upgrading or f"going on with {_some(decision.clusters)}"
        case _:
            return upgrading or "nothing runs"


def _waiting(decision: Decision) -> str:
    match decision:
        case WaitForRuns() | WaitUntil() | WaitForWindow() | WaitForOwners() | OnHold():
            return decision.why
        case NeedsApproval() | NeedsAcceptance():
            return decision.why
        case FleetStopped():
            return f"the fleet-wide stop by {decision.by}: {decision.why}"
        case _:
            return ""


def _next(state: RolloutState, decision: Decision) -> str:
    name = state.rollout.id
    match decision:
        case Done() | FinishRollout():
            return ""
        case StartClusters():
            return f"start {_some(decision.clusters)}"
        case GoOnWith():
            return f"go on with {_some(decision.clusters)}"
        case GiveUp():
            return f"put back what {_some(decision.clusters)} hold"
        case RemindOwners():
            return f"remind whoever {_some(decision.clusters)} wait for"
        case WaitForOwners():
            return "each goes on when a look finds that it is done; whoever it is about is reminded"
        case NeedsAcceptance():
            which = decision.clusters[0] if len(decision.clusters) == 1 else "CLUSTER"
            return (
                f"`seatrial rollout accept {name} {which} --why …` goes on with it as it is, "
                f"`seatrial rollout retry {name} {which}` plans again,"
                f" `seatrial rollout skip {name} {which} --why …` leaves it out"
            )
        case ObserveClusters():
            return f"look whether {_some(decision.clusters)} are still healthy"
        case FinishStage():
            return _after(state, decision.stage)
        case WaitForRuns():
            if state.cancelled:
                return "the rollout ends when these runs have ended"
            return _after_runs(state, decision)
        case WaitUntil():
            return "look whether the clusters are still healthy, then " + _after(state, "")
        case WaitForWindow(time=None):
            which = decision.clusters[0] if len(decision.clusters) == 1 else "CLUSTER"
            return f"`seatrial rollout skip {name} {which} --why …` goes on without it"
        case WaitForWindow():
            return f"start {_some(decision.clusters)}, each as its window opens"
        case NeedsApproval():
            return f"`seatrial rollout approve {name} {decision.stage}` starts it"
        case OnHold():
            return ways_out(name, decision)
        case FleetStopped():
            return "`seatrial stop --lift` lets it go on"


def _after_runs(state: RolloutState, decision: WaitForRuns) -> str:
    stage = state.current_stage
    if stage is None:
        return "the rollout ends"
    left = [c.name for c in state.members(stage) if c.phase is Phase.PENDING]
    if left:
        return f"start {_some(left)}"
    if stage.soak:
        return f"stage {stage.name} soaks {write_duration(timedelta(seconds=stage.soak))}"
    return _after(state, stage.name)


def _after(state: RolloutState, finished: str) -> str:
    """What follows when the current stage is finished."""
    stages = state.rollout.stages
    current = finished or (state.current_stage.name if state.current_stage else "")
    names = [stage.name for stage in stages]
    at = names.index(current) + 1 if current in names else len(names)
    if at >= len(stages):
        return "the rollout ends"
    following = stages[at]
    if following.approval:
        return f"stage {following.name} waits for approval"
    return f"start stage {following.name} ({_some(following.clusters)})"


def _would_stop(state: RolloutState, decision: Decision) -> tuple[str, ...]:
    if isinstance(decision, Done | FinishRollout):
        return ()
    name = state.rollout.id
    said = []
    stage = state.current_stage
    on_hold = isinstance(decision, OnHold)
    if stage is not None and not on_hold:
        failed = sum(c.phase in UNSUCCESSFUL for c in state.members(stage))
        left = max(0, stage.max_failures - failed) + 1
        clusters = "cluster pauses" if left == 1 else "clusters pause"
        said.append(f"{left} more failed {clusters} it")
    if not on_hold:
        said.append(f"`seatrial rollout pause {name}`")
    if not state.cancelled:
        said.append(f"`seatrial rollout cancel {name} --why …`")
    said.append("`seatrial stop --why …` stops every rollout of the fleet")
    return tuple(said)


def _undo(state: RolloutState) -> tuple[str, ...]:
    done = [c.name for c in state.clusters.values() if c.phase is Phase.SUCCEEDED]
    broken = [c for c in state.clusters.values() if c.phase in UNSUCCESSFUL and c.undo]
    said = [f"{cluster.name}: {command}" for cluster in broken[:3] for command in undo_commands(cluster.undo)]
    if done:
        are = "cluster is" if len(done) == 1 else "clusters are"
        said.append(
            f"{len(done)} {are} on {state.rollout.release}: charts go back with `helm rollback`,"
            " a control plane only where the provider offers it"
        )
    elif not said and not state.running():
        said.append("nothing was changed")
    return tuple(said)


def _stage(state: RolloutState, stage: RolloutStage, decision: Decision, now: datetime) -> StageStatus:
    members = state.members(stage)
    counts: dict[Phase, int] = {}
    for cluster in members:
        phase = cluster.phase_at(now)
        counts[phase] = counts.get(phase, 0) + 1
    approval = state.approvals.get(stage.name)
    current = state.current_stage
    here = current is not None and current.name == stage.name
    untouched = set(counts) <= {Phase.PENDING}
    return StageStatus(
        name=stage.name,
        phase=_stage_phase(state, stage, decision, here=here, started=not untouched),
        clusters=stage.clusters,
        counts=counts,
        max_concurrent=stage.max_concurrent,
        max_failures=stage.max_failures,
        soak_until=decision.time if here and isinstance(decision, WaitUntil) else None,
        approved_by=approval.by if approval and state.approved(stage, now) else "",
        approved_until=approval.until if approval and state.approved(stage, now) else None,
    )


def _stage_phase(
    state: RolloutState, stage: RolloutStage, decision: Decision, *, here: bool, started: bool
) -> StagePhase:
    if stage.name in state.finished_stages:
        return StagePhase.FINISHED
    if not here:
        return StagePhase.PENDING
    match decision:
        case NeedsApproval(stage=name) if name == stage.name:
            return StagePhase.NEEDS_APPROVAL
        case NeedsAcceptance():
            return StagePhase.NEEDS_APPROVAL
        case WaitForOwners():
            return StagePhase.WAITING_FOR_CUSTOMER
        case WaitForWindow():
            return StagePhase.WAITING_FOR_WINDOW
        case WaitUntil() | ObserveClusters():
            return StagePhase.SOAKING
        case OnHold() | FleetStopped():
            return StagePhase.PAUSED
        case FinishStage():
            return StagePhase.FINISHED
        case Done() | FinishRollout():
            return StagePhase.PAUSED if started else StagePhase.PENDING
        case _:
            return StagePhase.RUNNING


def _some(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
