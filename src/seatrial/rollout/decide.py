"""What a rollout does next: a plain function of its document, its events and the time.

Stages go in order. One begins when the one before has its evidence: every cluster verified at exactly
this rollout's revision, soaked, looked at again, and failures within the budget. Whatever cannot be
concluded pauses. Only new starts are held back, also by windows that are closed; runs under way always go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from seatrial.fleet.durations import write_duration
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
    PauseCause,
    RemindOwners,
    StartClusters,
    WaitForOwners,
    WaitForRuns,
    WaitForWindow,
    WaitUntil,
)
from seatrial.rollout.document import Rollout, RolloutStage
from seatrial.rollout.events import Event
from seatrial.rollout.openings import first_opening, may_start
from seatrial.rollout.state import UNSUCCESSFUL, ClusterState, Phase, RolloutState, fold

_PARKED = (Phase.WAITING, Phase.READY)


def decide(rollout: Rollout, events: Iterable[Event], now: datetime) -> Decision:
    return decide_next(fold(rollout, events), now)


def decide_next(state: RolloutState, now: datetime) -> Decision:
    """As `decide`, for who keeps the state."""
    if state.finished:
        return Done(state.finished.succeeded, state.finished.detail)
    running = state.running()
    parked = [each for each in state.clusters.values() if each.parked and each.phase in _PARKED]
    unwanted = tuple(each.name for each in parked if each.given_up or state.cancelled)
    if unwanted:
        return GiveUp(unwanted)
    if state.cancelled:
        if running:
            return WaitForRuns(running, f"cancelled by {state.cancelled.by}; these still run to their end")
        return FinishRollout(False, f"cancelled by {state.cancelled.by}: {state.cancelled.why}")
    late = _to_remind(state, now)
    if late:
        return RemindOwners(late)
    if state.stopped:
        return FleetStopped(state.stopped.by, state.stopped.why)
    if state.paused:
        return OnHold(PauseCause.PERSON, _paused_by(state.paused.by, state.paused.why))
    current = state.current_stage
    unapproved: NeedsApproval | None = None
    closed: WaitForWindow | None = None
    for stage in state.rollout.stages:
        hold = _hold(state, stage, now)
        if hold:
            return hold
        if stage is current:
            break
        start = _start(state, stage, now)  # retried after its stage was finished
        if start:
            return start
        if _pending(state.members(stage), now) and not _allowed(state, stage, now):
            unapproved = NeedsApproval(stage.name, _why_approval(state, stage))
        closed = closed or _wait_for_window(state, stage, now)
    if current is not None:
        return _advance(state, current, now)
    if running:
        return WaitForRuns(running, "the last runs")
    members = list(state.clusters.values())
    return _outside(members) or closed or _wait_for_owners(members) or unapproved or _finish(state, now)


def _to_remind(state: RolloutState, now: datetime) -> tuple[str, ...]:
    """Clusters whose owner was not reminded for as long as the strategy says."""
    return tuple(
        cluster.name
        for stage in state.rollout.stages
        for cluster in state.members(stage)
        if cluster.phase is Phase.WAITING and cluster.waiting_since is not None
        if now >= (cluster.reminded_at or cluster.waiting_since) + stage.remind_every
    )


def _outside(members: list[ClusterState]) -> NeedsAcceptance | None:
    outside = [each for each in members if each.phase is Phase.OUTSIDE]
    if not outside:
        return None
    said = "; ".join(f"{each.name}: {each.detail}" for each in outside)
    return NeedsAcceptance(tuple(each.name for each in outside), f"not what was approved: {said}")


def _wait_for_owners(members: list[ClusterState]) -> WaitForOwners | None:
    waiting = [each for each in members if each.phase in _PARKED]
    if not waiting:
        return None
    said = "; ".join(f"{each.name} for {each.owner}: {each.detail}" for each in waiting)
    return WaitForOwners(tuple(each.name for each in waiting), said)


def _wait_for_window(state: RolloutState, stage: RolloutStage, now: datetime) -> WaitForWindow | None:
    """What nothing holds back but its window."""
    members = state.members(stage)
    waiting = [each for each in members if each.phase is Phase.READY]
    if _allowed(state, stage, now):
        waiting += _pending(members, now)
    waiting = [each for each in waiting if not may_start(each, now)]
    if not waiting:
        return None
    opening = first_opening(waiting, now)
    return WaitForWindow(stage.name, tuple(each.name for each in waiting), opening.time, opening.why)


def _hold(state: RolloutState, stage: RolloutStage, now: datetime) -> OnHold | None:
    """Why nothing new may start because of what happened in this stage."""
    members = state.members(stage)
    failed = [cluster for cluster in members if cluster.phase in UNSUCCESSFUL]
    names = tuple(cluster.name for cluster in failed)
    named = ", ".join(names)
    if len(failed) > stage.max_failures:
        return OnHold(
            PauseCause.BUDGET,
            f"{_counted(failed)} in stage {stage.name}, which bears {stage.max_failures}: {named}",
            names,
        )
    if failed and stage.name not in state.finished_stages and _canaries_left(stage, members, now):
        return OnHold(
            PauseCause.CANARY,
            f"{_counted(failed)} among the canaries of stage {stage.name}: {named}",
            names,
        )
    unsure = [cluster for cluster in members if cluster.inconclusive]
    if unsure:
        return OnHold(
            PauseCause.INCONCLUSIVE,
            "; ".join(f"{cluster.name}: {cluster.inconclusive}" for cluster in unsure),
            tuple(cluster.name for cluster in unsure),
        )
    return None


def _advance(state: RolloutState, stage: RolloutStage, now: datetime) -> Decision:
    """What has begun comes first, then what a person has to do, then what time alone brings."""
    start = _start(state, stage, now)
    if isinstance(start, GoOnWith):
        return start
    members = state.members(stage)
    if _pending(members, now) and not _allowed(state, stage, now):
        return NeedsApproval(stage.name, _why_approval(state, stage))
    if start:
        return start
    running = tuple(cluster.name for cluster in members if cluster.phase is Phase.RUNNING)
    if running:
        return WaitForRuns(running, _why_runs(stage, members, now))
    return (
        _outside(members)
        or _wait_for_window(state, stage, now)
        or _wait_for_owners(members)
        or _soak(stage, members, now)
    )


def _start(state: RolloutState, stage: RolloutStage, now: datetime) -> StartClusters | GoOnWith | None:
    """What has begun comes before what has not, and needs no approval again. Both keep to their windows."""
    members = state.members(stage)
    busy = sum(cluster.phase is Phase.RUNNING for cluster in members)
    slots = max(0, stage.max_concurrent - busy)
    ready = _open([cluster for cluster in members if cluster.phase is Phase.READY], slots, now)
    if ready:
        return GoOnWith(stage.name, ready)
    pending = _pending(members, now)
    if not pending or not _allowed(state, stage, now):
        return None
    canaries = _canaries_left(stage, members, now)
    if canaries and stage.name not in state.finished_stages:
        slots = max(0, min(slots, canaries - busy))
    chosen = _open(pending, slots, now)
    return StartClusters(stage.name, chosen) if chosen else None


def _open(clusters: list[ClusterState], most: int, now: datetime) -> tuple[str, ...]:
    """The first of them that may start now."""
    return tuple(islice((each.name for each in clusters if may_start(each, now)), most))


def _allowed(state: RolloutState, stage: RolloutStage, now: datetime) -> bool:
    return not stage.approval or state.approved(stage, now)


def _soak(stage: RolloutStage, members: list[ClusterState], now: datetime) -> Decision:
    """All runs of the stage have ended, failures within the budget."""
    upgraded = [cluster for cluster in members if cluster.phase is Phase.SUCCEEDED]
    failed = [cluster for cluster in members if cluster.phase in UNSUCCESSFUL]
    if failed and not upgraded:
        return OnHold(
            PauseCause.NO_EVIDENCE,
            f"no cluster of stage {stage.name} reached the target, so it proves nothing for the next",
            tuple(cluster.name for cluster in failed),
        )
    verified = [cluster.verified_at for cluster in upgraded if cluster.verified_at]
    if verified and stage.soak:
        last = max(verified)
        end = last + timedelta(seconds=stage.soak)
        if now < end:
            soak = write_duration(timedelta(seconds=stage.soak))
            return WaitUntil(end, f"stage {stage.name} soaks {soak} since its last cluster was verified")
        unseen = tuple(c.name for c in upgraded if c.healthy_at is None or c.healthy_at < end)
        if unseen:
            return ObserveClusters(stage.name, unseen)
    counts = [f"{len(upgraded)} upgraded"]
    if failed:
        counts.append(f"{len(failed)} failed within the budget of {stage.max_failures}")
    skipped = sum(cluster.phase is Phase.SKIPPED for cluster in members)
    if skipped:
        counts.append(f"{skipped} skipped")
    return FinishStage(stage.name, ", ".join(counts))


def _finish(state: RolloutState, now: datetime) -> FinishRollout:
    by_phase = {
        phase: [c.name for c in state.clusters.values() if c.phase is phase]
        for phase in (Phase.SUCCEEDED, Phase.FAILED, Phase.BLOCKED, Phase.SKIPPED)
    }
    said = [f"{len(by_phase.pop(Phase.SUCCEEDED))} upgraded"]
    said += [f"{len(names)} {phase} ({', '.join(names)})" for phase, names in by_phase.items() if names]
    return FinishRollout(not (by_phase[Phase.FAILED] or by_phase[Phase.BLOCKED]), ", ".join(said))


def _pending(members: list[ClusterState], now: datetime) -> list[ClusterState]:
    return [cluster for cluster in members if cluster.phase_at(now) is Phase.PENDING]


def _canaries_left(stage: RolloutStage, members: list[ClusterState], now: datetime) -> int:
    """How many canaries have yet to succeed; a skipped cluster hands the role on."""
    able = sum(cluster.phase_at(now) is not Phase.SKIPPED for cluster in members)
    succeeded = sum(cluster.phase is Phase.SUCCEEDED for cluster in members)
    return max(0, min(stage.canary, able) - succeeded)


def _why_runs(stage: RolloutStage, members: list[ClusterState], now: datetime) -> str:
    pending = _pending(members, now)
    if not pending:
        return "the last runs of the stage"
    if _canaries_left(stage, members, now):
        return f"canary first; {len(pending)} more when it succeeded"
    closed = [each for each in pending if not may_start(each, now)]
    if len(closed) == len(pending):
        return f"the runs under way; {len(pending)} more: {first_opening(closed, now).why}"
    return f"{stage.max_concurrent} at a time; {len(pending)} more to come"


def _why_approval(state: RolloutState, stage: RolloutStage) -> str:
    given = state.approvals.get(stage.name)
    if given is None:
        return f"stage {stage.name} starts when a person approves it"
    if given.digest != state.digest:
        return f"the approval by {given.by} was for another content of this rollout"
    return f"the approval by {given.by} ended at {given.until:%Y-%m-%d %H:%M} UTC"


def _counted(failed: list[ClusterState]) -> str:
    """ "2 failed, 1 blocked"."""
    counts = [(phase, sum(each.phase is phase for each in failed)) for phase in (Phase.FAILED, Phase.BLOCKED)]
    return ", ".join(f"{count} {phase}" for phase, count in counts if count)


def _paused_by(who: str, why: str) -> str:
    return f"paused by {who}: {why}" if why else f"paused by {who}"
