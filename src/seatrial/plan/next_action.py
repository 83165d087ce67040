"""What a run does next, from nothing but its plan, its journal and the time.

The order of the questions below is the whole behaviour of a run under crashes, failures and requests:
finish what was begun; after a failure or a cancel put things back and start nothing new; otherwise
start the first step whose turn it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from seatrial.plan.document import Plan
from seatrial.plan.journal import Event
from seatrial.plan.progress import Progress, fold
from seatrial.plan.steps import Step


def next_action(plan: Plan, events: Iterable[Event], now: datetime) -> NextAction:
    """Decide; `WaitUntil.why` and `Stuck.why` are what `status` prints."""
    return decide(plan, fold(plan, events), now)


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step to perform now."""

    step: Step
    attempt: int
    resume: bool = False
    """It was begun before, perhaps by a process that died: observe, do not start it again."""
    operation: str = ""
    """The provider's id of what was begun, where it is known."""


@dataclass(frozen=True, slots=True)
class Run:
    steps: tuple[StepRun, ...]


@dataclass(frozen=True, slots=True)
class WaitUntil:
    time: datetime | None
    """None: until a person acts."""
    why: str


@dataclass(frozen=True, slots=True)
class Parked:
    """It waits for somebody else: nobody need be at work until the next look, at `time`."""

    step: str
    owner: str
    what: str
    since: datetime
    time: datetime
    reminded_at: datetime | None = None

    def reminder_due(self, now: datetime, every: timedelta) -> bool:
        """Whether the owner is to be reminded (once more)."""
        return now >= (self.reminded_at or self.since) + every

    @property
    def why(self) -> str:
        return f"waiting for {self.owner} since {self.since:%Y-%m-%d %H:%M} UTC: {self.what}"


@dataclass(frozen=True, slots=True)
class Done:
    succeeded: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """It failed, everything was put back that could be, and a person has to decide."""

    why: str
    steps: tuple[str, ...]
    """Ids of the steps that failed."""


NextAction = Run | WaitUntil | Parked | Done | Stuck


def decide(plan: Plan, progress: Progress, now: datetime) -> NextAction:
    if progress.finished:
        return Done(progress.finished.succeeded, progress.finished.detail)
    begun = progress.at_work(plan)
    if begun:
        return _go_on(begun, progress, now)
    failures = progress.failures(plan)
    if failures or progress.cancelled:
        for step in plan.steps:
            if step.always and progress.to_put_back(step):
                return Run((StepRun(step, progress.steps[step.id].attempt + 1),))
        if progress.cancelled:
            return Done(False, _cancelled(progress, failures))
        return Stuck(_failed(progress, failures), tuple(step.id for step in failures))
    if all(progress.settled(step) for step in plan.steps):
        return Done(True, "every step succeeded.")
    if progress.paused:
        reason = f": {progress.paused.why}" if progress.paused.why else "."
        return WaitUntil(None, f"paused by {progress.paused.by}{reason}")
    for step in plan.steps:
        if not progress.settled(step) and all(progress.settled(plan.step(before)) for before in step.after):
            return Run((StepRun(step, progress.steps[step.id].attempt + 1),))
    raise AssertionError("a checked plan always has a next step")  # `check_plan` holds the reason


def _go_on(begun: tuple[Step, ...], progress: Progress, now: datetime) -> Run | WaitUntil | Parked:
    due, later, parked = [], [], []
    for step in begun:
        own = progress.steps[step.id]
        if own.deferred_until is None or own.deferred_until <= now:
            due.append(StepRun(step, own.attempt, resume=True, operation=own.operation))
        elif own.parked is not None:
            wait = own.parked
            parked.append(Parked(step.id, wait.owner, wait.what, wait.since, wait.look_at, own.reminded_at))
        else:
            later.append((own.deferred_until, f"{step.title}: {own.deferred_why}"))
    if due:
        return Run(tuple(due))
    return WaitUntil(*min(later)) if later else min(parked, key=lambda each: each.time)


def _failed(progress: Progress, failures: tuple[Step, ...]) -> str:
    return "; ".join(f"{step.title} failed: {progress.steps[step.id].detail}" for step in failures)


def _cancelled(progress: Progress, failures: tuple[Step, ...]) -> str:
    assert progress.cancelled is not None  # noqa: S101  the caller asked
    reason = f": {progress.cancelled.why}" if progress.cancelled.why else ""
    text = f"cancelled by {progress.cancelled.by}{reason}"
    return f"{text}; {_failed(progress, failures)}" if failures else f"{text}."
