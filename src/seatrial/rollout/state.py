"""Where a rollout stands: its events, added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from seatrial.rollout.document import Rollout, RolloutStage, digest
from seatrial.rollout.events import (
    Cancelled,
    ClusterObserved,
    ClusterRetried,
    ClusterRunFinished,
    ClusterRunStarted,
    ClusterSkipped,
    Event,
    Health,
    Outcome,
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
        cluster.attempt, cluster.run_id = event.attempt, event.run_id
        cluster.verified_at = cluster.healthy_at = cluster.skip_until = None

    def _run_finished(self, event: ClusterRunFinished) -> None:
        cluster = self.clusters[event.cluster]
        if event.attempt != cluster.attempt or cluster.phase is not Phase.RUNNING:
            return  # news of a run that another one has replaced
        phase, detail = _PHASE[event.outcome], event.detail
        if phase is Phase.SUCCEEDED and event.revision != cluster.revision:
            phase = Phase.FAILED
            detail = f"it verified revision {event.revision[:12]}, not {cluster.revision[:12]}"
        self._enter(cluster, phase, event.at, detail)
        cluster.step, cluster.undo = event.step, event.undo
        if phase is Phase.SUCCEEDED:
            cluster.verified_at = event.at

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

    def _skipped(self, event: ClusterSkipped) -> None:
        cluster = self.clusters.get(event.cluster)
        if cluster is None or not can_skip(cluster):
            return
        self._enter(cluster, Phase.SKIPPED, event.at, f"{event.why} ({event.by})")
        cluster.inconclusive, cluster.skip_until = "", event.until

    def _enter(self, cluster: ClusterState, phase: Phase, at: datetime, detail: str = "") -> None:
        cluster.phase, cluster.since, cluster.detail, cluster.step = phase, at, detail, ""


def can_retry(cluster: ClusterState) -> bool:
    """Whether it can take its turn again: it failed, was blocked or was skipped."""
    return cluster.phase in UNSUCCESSFUL or cluster.phase is Phase.SKIPPED


def can_skip(cluster: ClusterState) -> bool:
    """Whether leaving it out still means something: neither under way nor soundly upgraded."""
    return cluster.phase not in (Phase.RUNNING, Phase.SUCCEEDED) or bool(cluster.inconclusive)


def fold(rollout: Rollout, events: Iterable[Event]) -> RolloutState:
    """The state after `events`."""
    stage_of = {name: stage.name for stage in rollout.stages for name in stage.clusters}
    state = RolloutState(
        rollout=rollout,
        digest=digest(rollout),
        clusters={c.name: ClusterState(c.name, stage_of[c.name], c.revision) for c in rollout.clusters},
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
