"""Listens to the engine while it runs on the twin, and keeps what the report says of each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seatrial.cluster.objects import Obj
from seatrial.plan import (
    Event,
    Outcome,
    Ownership,
    Plan,
    RollBackChart,
    Step,
    StepFinished,
    StepIntended,
    UpgradeNodeGroup,
    taken_back_by,
)
from seatrial.rehearsal.blocked_drains import blocked_pods
from seatrial.rehearsal.labels import label_of
from seatrial.rehearsal.report import BlockedPod, StepOutcome, StepReport
from seatrial.rehearsal.risks import DrainRisks, close_to_timeout
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import POD_DISRUPTION_BUDGETS
from seatrial.simulator.store import Event as Change
from seatrial.simulator.store import decode


@dataclass(slots=True)
class _Seen:
    started: datetime
    ended: datetime | None = None
    outcome: Outcome | None = None
    detail: str = ""
    blocked: tuple[BlockedPod, ...] = ()
    warnings: dict[str, str] = field(default_factory=dict)
    risks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Recording:
    plan: Plan
    cluster: SimulatedCluster
    drains: DrainRisks
    _seen: dict[str, _Seen] = field(default_factory=dict, init=False)
    _replacing: str = field(default="", init=False)
    """The step that replaces nodes now."""

    def __post_init__(self) -> None:
        self.cluster.store.subscribe(self._changed)
        self.cluster.store.subscribe(self.drains.changed)

    def heard(self, event: Event) -> None:
        match event:
            case StepIntended(step=step):
                seen = self._seen.setdefault(step, _Seen(_whole(event.at)))
                action = self.plan.step(step).action
                self._replacing = step if isinstance(action, UpgradeNodeGroup) else ""
                if isinstance(action, UpgradeNodeGroup):
                    seen.risks = list(self.drains.slow_to_stop(action.node_group))
            case StepFinished(step=step) if step in self._seen:
                seen = self._seen[step]
                seen.ended, seen.outcome, seen.detail = _whole(event.at), event.outcome, event.detail
                self._replacing = ""
                seen.risks += self._close_calls(self.plan.step(step), seen)
                if event.outcome is Outcome.FAILED:
                    seen.blocked = self._blocked(self.plan.step(step))
            case _:
                pass

    def steps(self, missing: frozenset[tuple[str, str]]) -> tuple[StepReport, ...]:
        failed = any(seen.outcome is Outcome.FAILED for seen in self._seen.values())
        return tuple(self._report(step, missing, failed) for step in self.plan.steps)

    def _report(self, step: Step, missing: frozenset[tuple[str, str]], failed: bool) -> StepReport:
        label, how = label_of(step, missing)
        seen = self._seen.get(step.id)
        took = (seen.ended - seen.started).total_seconds() if seen and seen.ended else None
        return StepReport(
            id=step.id,
            title=step.title,
            action=type(step.action).__name__,
            outcome=_outcome(step, seen, failed),
            label=label,
            how=how,
            detail=seen.detail if seen else "",
            blocked=seen.blocked if seen else (),
            warnings=tuple(seen.warnings.values()) if seen else (),
            risks=tuple(seen.risks) if seen and seen.outcome is not Outcome.FAILED else (),
            started=seen.started if seen else None,
            ended=seen.ended if seen else None,
            simulated_seconds=took,
            expected=step.duration,
        )

    def _changed(self, change: Change) -> None:
        """An eviction never breaks a budget: where one breaks while nodes are replaced, pods were removed."""
        if not self._replacing or change.key != POD_DISRUPTION_BUDGETS or change.previous is None:
            return
        if _is_broken(change.obj()) and not _is_broken(decode(change.previous)):
            status = change.obj().get("status") or {}
            wanted, healthy = status.get("desiredHealthy"), status.get("currentHealthy")
            budget = f"{change.namespace}/{change.name}"
            self._seen[self._replacing].warnings[budget] = (
                f"pods are removed past the budget {budget}: it needs {wanted} healthy ones and has {healthy}"
            )

    def _close_calls(self, step: Step, seen: _Seen) -> Iterator[str]:
        if isinstance(step.action, UpgradeNodeGroup):
            yield from self.drains.close_drain()
        if step.ownership is Ownership.DIRECT and seen.ended is not None:
            yield from close_to_timeout((seen.ended - seen.started).total_seconds(), step.timeout)

    def _blocked(self, step: Step) -> tuple[BlockedPod, ...]:
        if not isinstance(step.action, UpgradeNodeGroup):
            return ()
        action = step.action
        return blocked_pods(self.cluster, self.drains.label, action.node_group, action.to_version)


def _outcome(step: Step, seen: _Seen | None, failed: bool) -> StepOutcome:
    if seen is not None and seen.outcome is not None:
        return StepOutcome(seen.outcome.value)
    if isinstance(step.action, RollBackChart) or (taken_back_by(step) and failed):
        return StepOutcome.NOT_NEEDED
    return StepOutcome.NOT_REACHED


def _is_broken(budget: Obj) -> bool:
    status = budget.get("status") or {}
    return int(status.get("currentHealthy") or 0) < int(status.get("desiredHealthy") or 0)


def _whole(moment: datetime) -> datetime:
    """To the second: a model has no use for more."""
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0)
