"""Small rollouts for the tests, and an engine of a few lines that carries decisions out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from seatrial.fleet.resolve import ResolvedTarget
from seatrial.rollout.document import Rollout, RolloutCluster, RolloutStage, digest, with_target
from seatrial.rollout.events import (
    ClusterRunFinished,
    ClusterRunStarted,
    Event,
    Outcome,
    RolloutStarted,
    StageApproved,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def cluster(name: str, tier: str = "test") -> RolloutCluster:
    target = ResolvedTarget(
        cluster=name, context=name, provider="simulated", release="spring", kubernetes="1.34"
    )
    return with_target(
        RolloutCluster(name=name, tier=tier, version="1.33", revision="", target=target), target
    )


def rollout(*stages: RolloutStage) -> Rollout:
    return Rollout(
        id="spring-1",
        fleet="shop",
        release="spring",
        kubernetes="1.34",
        strategy="careful",
        stages=stages,
        clusters=tuple(cluster(name) for stage in stages for name in stage.clusters),
        created_at=START,
        created_by="ann",
    )


def started(of: Rollout) -> RolloutStarted:
    return RolloutStarted(at=START, digest=digest(of), by="ann")


def run_started(of: Rollout, name: str, minutes: float = 0, attempt: int = 1) -> ClusterRunStarted:
    return ClusterRunStarted(
        at=at(minutes),
        cluster=name,
        attempt=attempt,
        run_id=f"{of.id}/{name}/{attempt}",
        revision=of.cluster(name).revision,
    )


def run_finished(
    of: Rollout,
    name: str,
    minutes: float = 0,
    *,
    outcome: Outcome = Outcome.SUCCEEDED,
    attempt: int = 1,
    revision: str = "",
    detail: str = "",
    step: str = "",
) -> ClusterRunFinished:
    return ClusterRunFinished(
        at=at(minutes),
        cluster=name,
        attempt=attempt,
        revision=revision or of.cluster(name).revision,
        outcome=outcome,
        detail=detail,
        step=step,
    )


def ran(of: Rollout, name: str, minutes: float = 0, outcome: Outcome = Outcome.SUCCEEDED) -> list[Event]:
    """One run from its start to its end, at the same minute."""
    return [run_started(of, name, minutes), run_finished(of, name, minutes, outcome=outcome)]


def approved(of: Rollout, stage: str, minutes: float = 0, until: datetime | None = None) -> StageApproved:
    return StageApproved(at=at(minutes), stage=stage, digest=digest(of), by="eva", until=until)
