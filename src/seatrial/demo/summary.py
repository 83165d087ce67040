"""How the demo ended: per cluster what was predicted and what came, from the journal and the clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from seatrial.rehearsal import RehearsalReport
from seatrial.rollout.events import (
    ClusterRetried,
    ClusterRunFinished,
    ClusterRunStarted,
    Event,
    Outcome,
    StageApproved,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of one cluster, in simulated time."""

    started: datetime
    ended: datetime
    outcome: Outcome
    step: str
    detail: str

    @property
    def seconds(self) -> float:
        return (self.ended - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class ClusterEnd:
    name: str
    tier: str
    provider: str
    before: str
    after: str
    """As the provider answers at the end."""
    predicted: float
    """Seconds that the last rehearsal took in the simulation."""
    attempts: tuple[Attempt, ...]
    retried_by: str

    @property
    def how(self) -> str:
        """In a sentence."""
        failed = [attempt for attempt in self.attempts[:-1] if attempt.outcome is not Outcome.SUCCEEDED]
        last = self.attempts[-1].outcome.value if self.attempts else "never started"
        if not failed:
            return last
        first = failed[0]
        return (
            f"{first.outcome.value} at {first.step!r}: {first.detail}; retried by {self.retried_by}, {last}"
        )


@dataclass(frozen=True, slots=True)
class Missed:
    """A rehearsal that predicted a failure, and what was done about it."""

    cluster: str
    prediction: str
    fix: str


@dataclass(frozen=True, slots=True)
class Summary:
    rollout: str
    release: str
    started: datetime
    ended: datetime
    clusters: tuple[ClusterEnd, ...]
    approvals: tuple[str, ...]
    prevented: tuple[Missed, ...]
    rehearsals: tuple[RehearsalReport, ...]
    """The first of a cluster that fails and the one after the fix, to be drawn."""
    helm_calls: Mapping[str, int]
    """By Helm's own verb."""
    wall_seconds: float

    @property
    def all_helm_calls(self) -> int:
        return sum(self.helm_calls.values())


def attempts_in(events: Iterable[Event], cluster: str) -> tuple[Attempt, ...]:
    found = []
    started: datetime | None = None
    for event in events:
        match event:
            case ClusterRunStarted(cluster=name, at=at) if name == cluster:
                started = at
            case ClusterRunFinished(cluster=name) if name == cluster and started is not None:
                found.append(Attempt(started, event.at, event.outcome, event.step, event.detail))
                started = None
    return tuple(found)


def retried_by(events: Iterable[Event], cluster: str) -> str:
    return next((e.by for e in events if isinstance(e, ClusterRetried) and e.cluster == cluster), "")


def approvals_in(events: Iterable[Event]) -> tuple[str, ...]:
    return tuple(
        f"{event.stage} by {event.by} on {event.at:%Y-%m-%d %H:%M} UTC: {event.why}"
        for event in events
        if isinstance(event, StageApproved)
    )
