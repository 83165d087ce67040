"""What really happened in one run, read from its journal: up to the first failure, before anybody stepped in.

What a person retried, skipped or repaired later says nothing about the prediction. So a step counts by
its first attempt, and a run by its first failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seatrial.accuracy.prediction import chart_of, content_of
from seatrial.plan import (
    CancelRequested,
    Event,
    Plan,
    PlannedFinding,
    RetryRequested,
    RunFinished,
    RunStarted,
    SkipRequested,
    StepFinished,
    StepIntended,
    digest,
)
from seatrial.plan import Outcome as StepOutcome
from seatrial.plan.drift import DRIFTED


class End(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """By a person, before anything failed: what was still to come is not known."""
    DRIFTED = "drifted"
    """A step was refused, for the cluster is no longer the one that was planned for."""


@dataclass(frozen=True, slots=True)
class HappenedStep:
    id: str
    kind: str
    chart: str
    failed: bool
    did_something: bool
    """False where the change had been made already: its duration says nothing."""
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    run_id: str
    cluster: str
    cluster_uid: str
    provider: str
    to_version: str
    plan_digest: str
    content: str
    started: datetime
    end: End
    steps: tuple[HappenedStep, ...]
    """Those that ran, in the order in which they ended, the first failure last."""
    findings: tuple[PlannedFinding, ...] = ()
    """What the checks said when this run's plan was made."""

    @property
    def failed_at(self) -> HappenedStep | None:
        return next((step for step in self.steps if step.failed), None)


def outcome_of(run_id: str, plan: Plan, events: Iterable[Event]) -> Outcome | None:
    """None while nothing can be said: not started, or under way without a failure so far."""
    started: datetime | None = None
    begun: dict[str, datetime] = {}
    steps: list[HappenedStep] = []
    end: End | None = None
    for event in events:
        match event:
            case RunStarted(at=at):
                started = started or at
            case StepIntended(step=step, attempt=1, at=at):
                begun.setdefault(step, at)
            case StepFinished(step=step, attempt=1) if step in begun:
                drifted = event.detail.startswith(DRIFTED)
                if not drifted:
                    steps.append(_happened(plan, event, begun[step]))
                if event.outcome is StepOutcome.FAILED:
                    end = End.DRIFTED if drifted else End.FAILED
            case CancelRequested() | SkipRequested() | RetryRequested():
                end = End.CANCELLED
            case RunFinished(succeeded=succeeded):
                end = End.SUCCEEDED if succeeded else End.CANCELLED
        if end is not None:
            break
    if started is None or end is None:
        return None
    return Outcome(
        run_id=run_id,
        cluster=plan.cluster,
        cluster_uid=plan.cluster_uid,
        provider=plan.provider,
        to_version=plan.to_version,
        plan_digest=digest(plan),
        content=content_of(plan),
        started=started,
        end=end,
        steps=tuple(steps),
        findings=plan.findings,
    )


def _happened(plan: Plan, event: StepFinished, began: datetime) -> HappenedStep:
    action = plan.step(event.step).action
    return HappenedStep(
        id=event.step,
        kind=type(action).__name__,
        chart=chart_of(action),
        failed=event.outcome is StepOutcome.FAILED,
        did_something=event.outcome is StepOutcome.SUCCEEDED,
        reason=event.detail,
        seconds=(event.at - began).total_seconds(),
    )
