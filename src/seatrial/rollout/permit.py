"""Whether what a person asks makes sense now; if not, the error says what would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from seatrial.errors import BadInput
from seatrial.fleet.problems import did_you_mean
from seatrial.rollout.decide import decide_next
from seatrial.rollout.decisions import NeedsApproval, OnHold, PauseCause
from seatrial.rollout.events import (
    Cancelled,
    ClusterHeld,
    ClusterReleased,
    ClusterRetried,
    ClusterSkipped,
    DifferencesAccepted,
    Paused,
    Request,
    Resumed,
    StageApproved,
)
from seatrial.rollout.state import ClusterState, Phase, RolloutState, can_retry, can_skip
from seatrial.rollout.ways_out import ways_out


def check_request(state: RolloutState, request: Request, now: datetime) -> None:
    """Raise `BadInput` when the request means nothing in this state."""
    name = state.rollout.id
    if state.finished:
        raise BadInput(
            f"rollout {name} has ended: {state.finished.detail}.",
            next_step="Start a new one for what is left.",
        )
    match request:
        case StageApproved():
            _check_approval(state, request, now)
        case Paused():
            if state.paused:
                raise BadInput(
                    f"rollout {name} is already paused by {state.paused.by}.",
                    next_step=f"`seatrial rollout resume {name}` lets it go on.",
                )
        case Resumed():
            _check_resume(state, now)
        case ClusterRetried():
            _check_retry(state, request, now)
        case ClusterSkipped():
            _check_skip(state, request, now)
        case DifferencesAccepted():
            _check_acceptance(state, request, now)
        case ClusterHeld():
            _check_held(state, request)
        case ClusterReleased():
            cluster = _cluster(state, request.cluster)
            if cluster.phase is not Phase.WAITING or cluster.parked:
                raise BadInput(
                    f"nobody holds cluster {cluster.name} back.",
                    next_step="A run that waits for its owner goes on by itself when a look finds it done."
                    if cluster.parked
                    else "",
                )
        case Cancelled():
            if state.cancelled:
                raise BadInput(
                    f"rollout {name} was already cancelled by {state.cancelled.by}.",
                    next_step=_still_running(state),
                )


def _check_approval(state: RolloutState, request: StageApproved, now: datetime) -> None:
    stages = {stage.name: stage for stage in state.rollout.stages}
    stage = stages.get(request.stage)
    if stage is None:
        raise BadInput(f"there is no stage {request.stage!r}{did_you_mean(request.stage, list(stages))}")
    if not stage.approval:
        asking = [each.name for each in stages.values() if each.approval]
        raise BadInput(
            f"stage {stage.name} needs no approval.",
            next_step=f"Stages that do: {', '.join(asking)}." if asking else "No stage of this rollout does.",
        )
    if request.digest != state.digest:
        raise BadInput(
            "the approval is for another content of this rollout.",
            next_step=f"Look at `seatrial rollout status {state.rollout.id}` and approve again.",
        )
    if request.until is not None and request.until <= now:
        raise BadInput("the approval would end in the past.", next_step="Give a later --until.")
    if stage.name in state.finished_stages:
        decision = decide_next(state, now)
        if not (isinstance(decision, NeedsApproval) and decision.stage == stage.name):
            raise BadInput(f"stage {stage.name} is already finished.", next_step=_what_waits(state, now))
    if state.approved(stage, now):
        by = state.approvals[stage.name].by
        raise BadInput(f"stage {stage.name} is already approved by {by}.", next_step=_what_waits(state, now))


def _check_resume(state: RolloutState, now: datetime) -> None:
    name = state.rollout.id
    if state.cancelled:
        raise BadInput(f"rollout {name} was cancelled.", next_step="Start a new one for what is left.")
    decision = decide_next(state, now)
    if state.paused or (isinstance(decision, OnHold) and decision.cause is PauseCause.INCONCLUSIVE):
        return
    if isinstance(decision, OnHold):
        said = ways_out(name, decision)
        raise BadInput(f"resuming would not help: {decision.why}.", next_step=f"{said[0].upper()}{said[1:]}.")
    raise BadInput(f"rollout {name} is not paused.", next_step=_what_waits(state, now))


def _check_retry(state: RolloutState, request: ClusterRetried, now: datetime) -> None:
    cluster = _cluster(state, request.cluster)
    again = [each.name for each in state.clusters.values() if can_retry(each)]
    if not can_retry(cluster):
        raise BadInput(
            f"cluster {cluster.name} is {cluster.phase_at(now)}: there is nothing to retry.",
            next_step=f"These can be retried: {', '.join(again)}." if again else "No cluster has failed.",
        )
    if state.cancelled:
        raise BadInput(f"rollout {state.rollout.id} was cancelled.", next_step="Start a new one.")


def _check_skip(state: RolloutState, request: ClusterSkipped, now: datetime) -> None:
    cluster = _cluster(state, request.cluster)
    if not request.why.strip():
        raise BadInput("a skip needs a reason.", next_step="Say it with --why.")
    if request.until is not None and request.until <= now:
        raise BadInput("the skip would end in the past.", next_step="Give a later --until.")
    if request.until is not None and cluster.phase is Phase.WAITING and not cluster.parked:
        raise BadInput(
            f"cluster {cluster.name} waits for {cluster.owner},"
            " and would start without that when the skip ends.",
            next_step="Leave it waiting, or skip it without --until.",
        )
    if not can_skip(cluster):
        why = "it is already upgraded" if cluster.phase is Phase.SUCCEEDED else "its run is under way"
        able = [c.name for c in state.clusters.values() if c.phase not in (Phase.RUNNING, Phase.SUCCEEDED)]
        raise BadInput(
            f"cluster {cluster.name} cannot be skipped: {why}.",
            next_step=f"These can be skipped: {', '.join(able)}." if able else "",
        )


def _check_acceptance(state: RolloutState, request: DifferencesAccepted, now: datetime) -> None:
    cluster = _cluster(state, request.cluster)
    if cluster.phase is not Phase.OUTSIDE:
        raise BadInput(f"the plan of cluster {cluster.name} does not differ from what was approved.")
    if request.differences != cluster.differences:
        raise BadInput(
            "these are not the differences of its latest plan.",
            next_step=f"Look at `seatrial rollout status {state.rollout.id}` and accept again.",
        )
    if not request.why.strip():
        raise BadInput("accepting a difference needs a reason.", next_step="Say it with --why.")
    if request.until is not None and request.until <= now:
        raise BadInput("the acceptance would end in the past.", next_step="Give a later --until.")


def _check_held(state: RolloutState, request: ClusterHeld) -> None:
    cluster = _cluster(state, request.cluster)
    if cluster.phase is not Phase.PENDING:
        raise BadInput(
            f"cluster {cluster.name} is {cluster.phase}: only one that has not started can be held back.",
            next_step=f"`seatrial rollout pause {state.rollout.id}` holds everything back.",
        )
    if not request.what.strip():
        raise BadInput("say what it waits for.", next_step="Say it with --for.")


def _cluster(state: RolloutState, name: str) -> ClusterState:
    cluster = state.clusters.get(name)
    if cluster is None:
        known: Sequence[str] = list(state.clusters)
        raise BadInput(
            f"rollout {state.rollout.id} has no cluster {name!r}{did_you_mean(name, known)}",
            next_step="`seatrial rollout status` lists them.",
        )
    return cluster


def _what_waits(state: RolloutState, now: datetime) -> str:
    decision = decide_next(state, now)
    if isinstance(decision, NeedsApproval):
        return f"Stage {decision.stage} waits for approval."
    return f"`seatrial rollout status {state.rollout.id}` says what it waits for."


def _still_running(state: RolloutState) -> str:
    running = state.running()
    return f"Still running to their end: {', '.join(running)}." if running else "Nothing runs any more."
