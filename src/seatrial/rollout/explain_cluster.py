"""One cluster's line of a status: the five questions for it alone."""

from __future__ import annotations

from datetime import datetime

from seatrial.rollout.decisions import (
    Decision,
    Done,
    FinishRollout,
    FleetStopped,
    NeedsApproval,
    OnHold,
    WaitUntil,
)
from seatrial.rollout.openings import Opening, may_start, opening
from seatrial.rollout.state import ClusterState, Phase, RolloutState
from seatrial.rollout.status import ClusterProgress, ClusterStatus


def explain_cluster(
    state: RolloutState,
    cluster: ClusterState,
    decision: Decision,
    now: datetime,
    progress: ClusterProgress,
) -> ClusterStatus:
    phase = cluster.phase_at(now)
    spec = state.rollout.cluster(cluster.name)
    window = _window(state, cluster, phase, decision, now)
    happening, waiting, following = _words(state, cluster, phase, decision, progress, window)
    return ClusterStatus(
        name=cluster.name,
        stage=cluster.stage,
        tier=spec.tier,
        phase=phase,
        attempt=cluster.attempt,
        since=cluster.since,
        happening=happening,
        waiting=waiting,
        next=following,
        would_stop=_would_stop(state, cluster, phase),
        undo=cluster.undo,
        from_version=spec.version,
        to_version=spec.target.kubernetes,
        progress=progress if phase is Phase.RUNNING else ClusterProgress(),
        waiting_for=cluster.owner if phase is Phase.WAITING else "",
        waiting_since=cluster.waiting_since if phase is Phase.WAITING else None,
        reminders=cluster.reminders if phase is Phase.WAITING else 0,
        differences=cluster.differences,
        window_opens=window.time if window else None,
    )


def _window(
    state: RolloutState, cluster: ClusterState, phase: Phase, decision: Decision, now: datetime
) -> Opening | None:
    """When its turn has come, or its run could go on, and its window is closed."""
    if isinstance(decision, Done | FinishRollout | OnHold | FleetStopped) or state.cancelled:
        return None
    its_turn = _is_current(state, cluster) or cluster.stage in state.finished_stages
    unapproved = isinstance(decision, NeedsApproval) and decision.stage == cluster.stage
    able = phase is Phase.READY or (phase is Phase.PENDING and its_turn and not unapproved)
    return opening(cluster, now) if able and not may_start(cluster, now) else None


def _words(
    state: RolloutState,
    cluster: ClusterState,
    phase: Phase,
    decision: Decision,
    progress: ClusterProgress,
    window: Opening | None,
) -> tuple[str, str, str]:
    """What is happening, why it waits, what comes next."""
    name, over = state.rollout.id, isinstance(decision, Done | FinishRollout)
    retry = "" if over else f"`seatrial rollout retry {name} {cluster.name}` tries again"
    match phase:
        case Phase.PENDING:
            if over:
                return "not upgraded", "", ""
            why = window.why if window else _why_pending(state, cluster, decision)
            return "not started", why, "its run starts"
        case Phase.RUNNING:
            said = progress.detail or progress.step or "started"
            again = f" (attempt {cluster.attempt})" if cluster.attempt > 1 else ""
            return said + again, "", "verification against the state before"
        case Phase.WAITING:
            following = "its run goes on when that is done" if cluster.parked else "its run starts"
            release = f"`seatrial rollout release {name} {cluster.name}`: {following}"
            return "nothing of ours is at work", _wait(cluster), following if cluster.parked else release
        case Phase.READY:
            return f"{cluster.owner} is done", window.why if window else "a free slot", "its run goes on"
        case Phase.OUTSIDE:
            accept = f"`seatrial rollout accept {name} {cluster.name} --why …`"
            return "nothing was changed", f"its plan is not what was approved: {cluster.detail}", accept
        case Phase.SUCCEEDED:
            waiting = cluster.inconclusive
            said = cluster.detail or "upgraded and verified"  # or why nothing had to be done
            if not waiting and isinstance(decision, WaitUntil) and _is_current(state, cluster):
                return said, "soaking", "a look whether it is still healthy"
            return said, waiting, ""
        case Phase.FAILED:
            return _failure("failed", cluster), "", retry
        case Phase.BLOCKED:
            return _failure("blocked before anything was changed", cluster), "", retry
        case Phase.SKIPPED:
            until = f" until {cluster.skip_until:%Y-%m-%d %H:%M} UTC" if cluster.skip_until else ""
            return f"skipped{until}: {cluster.detail}", "", retry and retry.replace("tries", "takes it in")


def _wait(cluster: ClusterState) -> str:
    since = f" since {cluster.waiting_since:%Y-%m-%d %H:%M} UTC" if cluster.waiting_since else ""
    reminded = f" (reminded {cluster.reminders} times)" if cluster.reminders else ""
    return f"{cluster.owner}{since}{reminded}: {cluster.detail}"


def _failure(word: str, cluster: ClusterState) -> str:
    at = f" at {cluster.step}" if cluster.step else ""
    return f"{word}{at}: {cluster.detail or 'it gave no reason'}"


def _why_pending(state: RolloutState, cluster: ClusterState, decision: Decision) -> str:
    match decision:
        case OnHold():
            return "the rollout is paused"
        case FleetStopped():
            return "the fleet-wide stop is in force"
        case NeedsApproval(stage=stage) if stage == cluster.stage:
            return "the stage waits for approval"
    current = state.current_stage
    if current is not None and current.name != cluster.stage and cluster.stage not in state.finished_stages:
        return f"stage {current.name} comes first"
    return "its turn has not come" if state.cancelled is None else "the rollout was cancelled"


def _would_stop(state: RolloutState, cluster: ClusterState, phase: Phase) -> str:
    match phase:
        case Phase.PENDING:
            return f"a pause, a stop, or `seatrial rollout skip {state.rollout.id} {cluster.name} --why …`"
        case Phase.WAITING | Phase.READY | Phase.OUTSIDE:
            return f"`seatrial rollout skip {state.rollout.id} {cluster.name} --why …`"
        case Phase.RUNNING:
            return "a failed step; a run under way is not stopped by pause, cancel or stop"
        case _:
            return ""


def _is_current(state: RolloutState, cluster: ClusterState) -> bool:
    return state.current_stage is not None and state.current_stage.name == cluster.stage
