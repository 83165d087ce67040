"""Where a rollout stands: its events, added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from seatrial.fleet.windows import Maintenance
from seatrial.rollout.document import Rollout, RolloutCluster, RolloutStage, digest
from seatrial.rollout.events import (
    Cancelled,
    ClusterHeld,
    ClusterLeftEnvelope,
    ClusterObserved,
    ClusterParked,
    ClusterReady,
    ClusterReleased,
    ClusterResumed,
    ClusterRetried,
    ClusterRunFinished,
    ClusterRunStarted,
    ClusterSkipped,
    DifferencesAccepted,
    Event,
    Health,
    Outcome,
    OwnerReminded,
    Paused,
    Resumed,
    RolloutFinished,
    RolloutStarted,
    StageApproved,
    StageFinished,
    StopLifted,
    Stopped,
)


class Phase(StrEnum):
    """Where one cluster stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    WAITING = "waiting for customer"
    """Somebody else has to do something first; nothing of ours is at work, and it holds no slot."""
    READY = "ready to go on"
    """What it waited for is done: its run goes on when a slot is free."""
    OUTSIDE = "outside approval"
    """Its plan is not what was approved; nothing was changed."""


UNSETTLED = frozenset({Phase.WAITING, Phase.READY, Phase.OUTSIDE})
"""Neither under way nor over: their stage is not finished before them."""
UNSUCCESSFUL = frozenset({Phase.FAILED, Phase.BLOCKED})


@dataclass(slots=True)
class ClusterState:
    name: str
    stage: str
    revision: str
    phase: Phase = Phase.PENDING
    attempt: int = 0
    run_id: str = ""
    since: datetime | None = None
    """When it came into this phase."""
    detail: str = ""
    step: str = ""
    undo: tuple[str, ...] = ()
    verified_at: datetime | None = None
    """When its run verified this very revision; soak counts from here."""
    healthy_at: datetime | None = None
    inconclusive: str = ""
    skip_until: datetime | None = None
    owner: str = ""
    """Whom it waits for."""
    waiting_since: datetime | None = None
    reminded_at: datetime | None = None
    reminders: int = 0
    parked: bool = False
    """It has a run that waits, unlike one that a person holds back."""
    turn: int = 0
    """How often its run was parked and taken up again."""
    given_up: str = ""
    """Why its parked run is to end instead of going on: it was skipped."""
    differences: tuple[str, ...] = ()
    accepted: DifferencesAccepted | None = None
    windows: tuple[Maintenance, ...] = ()
    """Its stage's and its own: all have to be open when it starts."""

    def phase_at(self, now: datetime) -> Phase:
        """The phase, with a skip that has run out read as pending."""
        ended = self.phase is Phase.SKIPPED and self.skip_until is not None and self.skip_until <= now
        return Phase.PENDING if ended else self.phase


@dataclass(slots=True)
class RolloutState:
    """Grows by `apply`, event by event; nothing else changes it."""

    rollout: Rollout
    digest: str
    clusters: dict[str, ClusterState]
    started_at: datetime | None = None
    started_by: str = ""
    approvals: dict[str, StageApproved] = field(default_factory=dict)
    finished_stages: dict[str, datetime] = field(default_factory=dict)
    paused: Paused | None = None
    stopped: Stopped | None = None
    cancelled: Cancelled | None = None
    finished: RolloutFinished | None = None
    last_at: datetime | None = None

    @property
    def current_stage(self) -> RolloutStage | None:
        """The first stage that is not finished."""
        return next((s for s in self.rollout.stages if s.name not in self.finished_stages), None)

    def members(self, stage: RolloutStage) -> list[ClusterState]:
        return [self.clusters[name] for name in stage.clusters]

    def running(self) -> tuple[str, ...]:
        return tuple(name for name, cluster in self.clusters.items() if cluster.phase is Phase.RUNNING)

    def approved(self, stage: RolloutStage, now: datetime) -> bool:
        """Whether an approval of exactly this rollout holds for the stage."""
        approval = self.approvals.get(stage.name)
        return (
            approval is not None
            and approval.digest == self.digest
            and (approval.until is None or now < approval.until)
        )

    def apply(self, event: Event) -> None:
        """Add one event; a request that came too late to mean anything changes nothing."""
        if self.finished:
            return
        self.last_at = event.at
        match event:
            case RolloutStarted():
                self.started_at, self.started_by = event.at, event.by
            case StageApproved():
                self.approvals[event.stage] = event
            case ClusterRunStarted():
                self._run_started(event)
            case ClusterRunFinished():
                self._run_finished(event)
            case ClusterParked():
                self._parked(event)
            case ClusterReady():
                self._ready(event)
            case ClusterResumed():
                self._resumed(event)
            case OwnerReminded():
                cluster = self.clusters[event.cluster]
                cluster.reminded_at, cluster.reminders = event.at, cluster.reminders + 1
            case ClusterLeftEnvelope():
                self._left_envelope(event)
            case DifferencesAccepted():
                self._accepted(event)
            case ClusterHeld():
                self._held(event)
            case ClusterReleased():
                self._released(event)
            case ClusterObserved():
                self._observed(event)
            case StageFinished():
                self.finished_stages[event.stage] = event.at
                for cluster in self.members(self.rollout.stage(event.stage)):
                    cluster.skip_until = None  # it would come late: only a retry brings it back
            case Paused():
                self.paused = event
            case Resumed():
                self.paused = None
                for cluster in self.clusters.values():
                    cluster.inconclusive = ""
            case ClusterRetried():
                self._retried(event)
            case ClusterSkipped():
                self._skipped(event)
            case Cancelled():
                self.cancelled = self.cancelled or event
            case Stopped():
                self.stopped = event
            case StopLifted():
                self.stopped = None
            case RolloutFinished():
                self.finished = event

    def _run_started(self, event: ClusterRunStarted) -> None:
        cluster = self.clusters[event.cluster]
        self._enter(cluster, Phase.RUNNING, event.at)
        cluster.attempt, cluster.run_id, cluster.turn = event.attempt, event.run_id, 0
        cluster.verified_at = cluster.healthy_at = cluster.skip_until = None
        self._forget_wait(cluster)

    def _run_finished(self, event: ClusterRunFinished) -> None:
        cluster = self.clusters[event.cluster]
        if event.attempt != cluster.attempt or cluster.phase is not Phase.RUNNING:
            return  # news of a run that another one has replaced
        phase, detail = _PHASE[event.outcome], event.detail
        if phase is Phase.SUCCEEDED and event.revision != cluster.revision:
            phase = Phase.FAILED
            detail = f"it verified revision {event.revision[:12]}, not {cluster.revision[:12]}"
        if cluster.given_up:
            phase, detail = Phase.SKIPPED, cluster.given_up
        self._enter(cluster, phase, event.at, detail)
        self._forget_wait(cluster)
        cluster.step, cluster.undo = event.step, event.undo
        if phase is Phase.SUCCEEDED:
            cluster.verified_at = event.at

    def _parked(self, event: ClusterParked) -> None:
        cluster = self.clusters[event.cluster]
        if event.attempt != cluster.attempt or cluster.phase not in (Phase.RUNNING, Phase.READY):
            return
        if cluster.waiting_since != event.since:
            cluster.reminded_at, cluster.reminders = None, 0
        self._enter(cluster, Phase.WAITING, event.at, event.what)
        cluster.owner, cluster.waiting_since, cluster.parked = event.owner, event.since, True

    def _ready(self, event: ClusterReady) -> None:
        cluster = self.clusters[event.cluster]
        if event.attempt == cluster.attempt and cluster.phase is Phase.WAITING and cluster.parked:
            self._enter(cluster, Phase.READY, event.at, f"{cluster.owner} is done")

    def _resumed(self, event: ClusterResumed) -> None:
        cluster = self.clusters[event.cluster]
        if event.attempt == cluster.attempt and cluster.parked:
            self._enter(cluster, Phase.RUNNING, event.at)
            cluster.turn += 1
            if self.cancelled and not cluster.given_up:
                cluster.given_up = f"{self.cancelled.why} ({self.cancelled.by})"

    def _left_envelope(self, event: ClusterLeftEnvelope) -> None:
        cluster = self.clusters[event.cluster]
        if event.attempt == cluster.attempt and cluster.phase is Phase.RUNNING:
            self._enter(cluster, Phase.OUTSIDE, event.at, "; ".join(event.differences))
            cluster.differences = event.differences

    def _accepted(self, event: DifferencesAccepted) -> None:
        cluster = self.clusters.get(event.cluster)
        if cluster is None or cluster.phase is not Phase.OUTSIDE:
            return
        cluster.accepted, cluster.differences = event, ()
        self._enter(cluster, Phase.PENDING, event.at, f"its plan was accepted by {event.by}")

    def _held(self, event: ClusterHeld) -> None:
        cluster = self.clusters.get(event.cluster)
        if cluster is None or cluster.phase is not Phase.PENDING:
            return
        self._enter(cluster, Phase.WAITING, event.at, event.what)
        cluster.owner, cluster.waiting_since = event.owner, event.at

    def _released(self, event: ClusterReleased) -> None:
        cluster = self.clusters.get(event.cluster)
        if cluster is not None and cluster.phase is Phase.WAITING and not cluster.parked:
            self._enter(cluster, Phase.PENDING, event.at, f"{cluster.owner} is done ({event.by})")
            self._forget_wait(cluster)

    @staticmethod
    def _forget_wait(cluster: ClusterState) -> None:
        cluster.owner, cluster.waiting_since, cluster.parked, cluster.given_up = "", None, False, ""
        cluster.reminded_at, cluster.reminders, cluster.differences = None, 0, ()

    def _observed(self, event: ClusterObserved) -> None:
        cluster = self.clusters[event.cluster]
        if cluster.phase is not Phase.SUCCEEDED or event.revision != cluster.revision:
            return
        match event.health:
            case Health.HEALTHY:
                cluster.healthy_at, cluster.inconclusive = event.at, ""
            case Health.UNHEALTHY:
                self._enter(cluster, Phase.FAILED, event.at, event.detail)
                cluster.verified_at = None
                cluster.step = "soak"
            case Health.INCONCLUSIVE:
                cluster.inconclusive = event.detail or "its health could not be read"

    def _retried(self, event: ClusterRetried) -> None:
        cluster = self.clusters.get(event.cluster)
        if cluster is None or not can_retry(cluster):
            return
        self._enter(cluster, Phase.PENDING, event.at, f"to be retried ({event.by})")
        cluster.inconclusive, cluster.skip_until = "", None
        self._forget_wait(cluster)

    def _skipped(self, event: ClusterSkipped) -> None:
        cluster = self.clusters.get(event.cluster)
        if cluster is None or not can_skip(cluster):
            return
        if cluster.parked:  # its run has to put back what it holds first
            cluster.given_up = f"{event.why} ({event.by})"
            return
        self._enter(cluster, Phase.SKIPPED, event.at, f"{event.why} ({event.by})")
        cluster.inconclusive, cluster.skip_until = "", event.until
        self._forget_wait(cluster)

    def _enter(self, cluster: ClusterState, phase: Phase, at: datetime, detail: str = "") -> None:
        cluster.phase, cluster.since, cluster.detail, cluster.step = phase, at, detail, ""


def can_retry(cluster: ClusterState) -> bool:
    """Whether it can take its turn again: it failed, was blocked, was skipped, or its plan differed."""
    return cluster.phase in UNSUCCESSFUL or cluster.phase in (Phase.SKIPPED, Phase.OUTSIDE)


def can_skip(cluster: ClusterState) -> bool:
    """Whether leaving it out still means something: neither under way nor soundly upgraded."""
    if cluster.given_up:
        return False
    return cluster.phase not in (Phase.RUNNING, Phase.SUCCEEDED) or bool(cluster.inconclusive)


def fold(rollout: Rollout, events: Iterable[Event]) -> RolloutState:
    """The state after `events`."""
    stage_of = {name: stage for stage in rollout.stages for name in stage.clusters}

    def new(cluster: RolloutCluster) -> ClusterState:
        stage = stage_of[cluster.name]
        windows = tuple(
            each for each in (stage.maintenance, cluster.maintenance) if isinstance(each, Maintenance)
        )
        return ClusterState(cluster.name, stage.name, cluster.revision, windows=windows)

    state = RolloutState(
        rollout=rollout,
        digest=digest(rollout),
        clusters={cluster.name: new(cluster) for cluster in rollout.clusters},
    )
    for event in events:
        state.apply(event)
    return state


_PHASE = {
    Outcome.SUCCEEDED: Phase.SUCCEEDED,
    Outcome.FAILED: Phase.FAILED,
    Outcome.BLOCKED: Phase.BLOCKED,
    Outcome.CANCELLED: Phase.FAILED,
}
