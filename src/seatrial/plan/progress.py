"""Where a run stands: the journal's events folded over its plan.

Nothing else remembers anything about a run. The fold knows no time and decides nothing; it only says
what is true of each step after these events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from seatrial.errors import BadFormat
from seatrial.plan.document import Plan
from seatrial.plan.journal import (
    CancelRequested,
    Event,
    OperationStarted,
    Outcome,
    OwnerReminded,
    PauseRequested,
    ResumeRequested,
    RetryRequested,
    RunFinished,
    RunStarted,
    SkipRequested,
    StepDeferred,
    StepFinished,
    StepIntended,
    StepNoted,
    StepParked,
)
from seatrial.plan.steps import RollBackChart, Step, follows_up, taken_back_by


def fold(plan: Plan, events: Iterable[Event]) -> Progress:
    """Replay `events` over `plan`; raise `BadFormat` when they belong to another plan."""
    progress = Progress(steps={step.id: StepProgress() for step in plan.steps})
    for event in events:
        progress = advance(plan, progress, event)
    return progress


@dataclass(frozen=True, slots=True)
class StepProgress:
    attempt: int = 0
    """Number of the last attempt; 0 before the first."""
    running: bool = False
    """Intended and not finished, in this process or in one that died."""
    begun_at: datetime | None = None
    """When the current attempt was first intended."""
    ended_at: datetime | None = None
    operation: str = ""
    outcome: Outcome | None = None
    detail: str = ""
    deferred_until: datetime | None = None
    deferred_why: str = ""
    parked: StepParked | None = None
    """Set while it waits for somebody else."""
    reminded_at: datetime | None = None
    in_effect: bool = False
    """It was begun, so what it changed has to be put back, and that has not happened yet."""
    skipped: SkipRequested | None = None
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing more to do: what comes after it may start."""
        done = self.outcome in (Outcome.SUCCEEDED, Outcome.ALREADY_DONE)
        return not self.running and (done or self.skipped is not None)

    @property
    def failed(self) -> bool:
        return not self.running and self.outcome is Outcome.FAILED and self.skipped is None


@dataclass(frozen=True, slots=True)
class Progress:
    steps: Mapping[str, StepProgress]
    started: RunStarted | None = None
    paused: PauseRequested | None = None
    cancelled: CancelRequested | None = None
    finished: RunFinished | None = None

    def settled(self, step: Step) -> bool:
        """True when the run can end without this step running (again)."""
        own = self.steps[step.id]
        if own.ok:
            return True
        if isinstance(step.action, RollBackChart):
            return True  # only a failure calls for it
        origin = taken_back_by(step)
        if origin:
            return self.steps[origin].ok and not self.steps[origin].in_effect
        leader = follows_up(step)
        return bool(leader) and self.steps[leader].skipped is not None and self.steps[leader].ok

    def to_put_back(self, step: Step) -> bool:
        """True when a failure or a cancel leaves something in effect that this step takes back."""
        own, origin = self.steps[step.id], taken_back_by(step)
        if not origin or own.ok or own.outcome is not None or not self.steps[origin].in_effect:
            return False
        if isinstance(step.action, RollBackChart):
            return self.steps[origin].failed or self.steps[step.action.wait_step].failed
        return True

    def failures(self, plan: Plan) -> tuple[Step, ...]:
        return tuple(step for step in plan.steps if self.steps[step.id].failed)

    def running(self, plan: Plan) -> tuple[Step, ...]:
        return tuple(step for step in plan.steps if self.steps[step.id].running)

    def at_work(self, plan: Plan) -> tuple[Step, ...]:
        """What has to be gone on with: a run that was cancelled waits for nobody any more."""
        return tuple(
            step
            for step in self.running(plan)
            if not (self.cancelled and self.steps[step.id].parked is not None)
        )


def advance(plan: Plan, progress: Progress, event: Event) -> Progress:
    """`progress` after one more event."""
    match event:
        case RunStarted():
            return replace(progress, started=progress.started or event)
        case StepIntended():
            return _intended(plan, progress, event)
        case OperationStarted():
            return _with(
                progress, event.step, replace(_step(progress, event.step), operation=event.operation)
            )
        case StepNoted():
            old = _step(progress, event.step)
            return _with(progress, event.step, replace(old, notes={**old.notes, event.key: event.value}))
        case StepDeferred():
            old = _step(progress, event.step)
            return _with(
                progress, event.step, replace(old, deferred_until=event.until, deferred_why=event.why)
            )
        case StepParked():
            old = _step(progress, event.step)
            why = f"waiting for {event.owner}: {event.what}"
            parked = replace(old, parked=event, deferred_until=event.look_at, deferred_why=why)
            return _with(progress, event.step, parked)
        case OwnerReminded():
            return _with(progress, event.step, replace(_step(progress, event.step), reminded_at=event.at))
        case StepFinished():
            return _finished(plan, progress, event)
        case PauseRequested():
            return replace(progress, paused=progress.paused or event)
        case ResumeRequested():
            return replace(progress, paused=None)
        case RetryRequested():
            return _reopened(plan, _failures_forgotten(plan, progress))
        case SkipRequested():
            old = _step(progress, event.step)
            begun = old.running and old.parked is None  # what only waits is not waited for any more
            skipped = _with(progress, event.step, replace(old, skipped=event, running=begun, parked=None))
            return skipped if skipped.failures(plan) else _reopened(plan, skipped)
        case CancelRequested():
            return replace(progress, cancelled=progress.cancelled or event)
        case RunFinished():
            return replace(progress, finished=progress.finished or event)


def _intended(plan: Plan, progress: Progress, event: StepIntended) -> Progress:
    old = _step(progress, event.step)
    same = old.running and old.attempt == event.attempt
    begun = replace(
        old,
        attempt=event.attempt,
        running=True,
        begun_at=old.begun_at if same else event.at,
        ended_at=None,
        operation=old.operation if same else "",
        outcome=None,
        detail="",
        deferred_until=None,
        deferred_why="",
        parked=old.parked if same else None,
        reminded_at=old.reminded_at if same else None,
        in_effect=True,
    )
    progress = _with(progress, event.step, begun)
    for step in plan.steps:  # what took an earlier attempt back has not taken back this one
        if taken_back_by(step) == event.step and progress.steps[step.id].ok:
            progress = _with(progress, step.id, _not_yet(progress.steps[step.id]))
    return progress


def _finished(plan: Plan, progress: Progress, event: StepFinished) -> Progress:
    old = _step(progress, event.step)
    progress = _with(
        progress,
        event.step,
        replace(
            old,
            running=False,
            ended_at=event.at,
            outcome=event.outcome,
            detail=event.detail,
            deferred_until=None,
            deferred_why="",
            parked=None,
            reminded_at=None,
        ),
    )
    origin = taken_back_by(plan.step(event.step))
    if origin and event.outcome is not Outcome.FAILED:
        progress = _with(progress, origin, replace(progress.steps[origin], in_effect=False))
        if not progress.failures(plan) and not progress.cancelled:
            return _reopened(plan, progress)  # a retry was asked for while clean-up was at work
    return progress


def _failures_forgotten(plan: Plan, progress: Progress) -> Progress:
    for step in progress.failures(plan):
        progress = _with(progress, step.id, _not_yet(progress.steps[step.id]))
    return progress


def _reopened(plan: Plan, progress: Progress) -> Progress:
    """Whatever clean-up took back before its turn is wanted again: the hold, and its release."""
    for step in plan.steps:
        origin = taken_back_by(step)
        if not origin or not progress.steps[step.id].ok or progress.steps[step.id].skipped:
            continue
        in_turn = all(progress.settled(plan.step(before)) for before in (origin, *step.after))
        if not in_turn:
            progress = _with(progress, step.id, _not_yet(progress.steps[step.id]))
            progress = _with(progress, origin, _not_yet(progress.steps[origin]))
    return progress


def _not_yet(step: StepProgress) -> StepProgress:
    """As if this step had not run, but for the number of its attempts and what is still in effect."""
    return replace(step, running=False, outcome=None, detail="", operation="", begun_at=None, ended_at=None)


def _step(progress: Progress, step_id: str) -> StepProgress:
    found = progress.steps.get(step_id)
    if found is None:
        raise BadFormat(
            f"the journal speaks of a step {step_id!r} that its plan does not have.",
            next_step="The state file was mixed up or altered: restore it from a backup.",
        )
    return found


def _with(progress: Progress, step_id: str, step: StepProgress) -> Progress:
    return replace(progress, steps={**progress.steps, step_id: step})
