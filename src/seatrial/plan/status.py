"""Five answers about a run: what happens, why it waits, what is next, what would stop it, how to undo it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from seatrial.plan.document import Plan
from seatrial.plan.durations import total_duration
from seatrial.plan.journal import Event
from seatrial.plan.next_action import Done, NextAction, Parked, Run, Stuck, WaitUntil, decide
from seatrial.plan.progress import Progress, fold
from seatrial.plan.steps import DurationRange, RollBackChart, Step, Undo

PROGRESS = "progress"
"""The note that says how far a step is."""


class RunPhase(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "waiting"
    WAITING_FOR_OWNER = "waiting for customer"
    PAUSED = "paused"
    STUCK = "stuck"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


class UndoLine(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that was changed and is still in effect."""

    step: str
    title: str
    undo: Undo
    commands: tuple[str, ...]
    """Empty: there is no way back."""


class RunStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    phase: RunPhase
    happening: str
    why_waiting: str = ""
    next_step: str = ""
    when: datetime | None = None
    """When something will happen by itself; None: now, or never without a person."""
    would_stop: tuple[str, ...] = ()
    undo: tuple[UndoLine, ...] = ()
    """Last change first."""
    still_running: tuple[str, ...] = ()
    """Begun and not ended, also after a cancel."""
    done: int
    total: int
    left: DurationRange | None = None
    """Known durations of what is left to start; None when any of it is unknown."""


def explain(plan: Plan, events: Iterable[Event], now: datetime) -> RunStatus:
    """Nothing but the plan, the journal and the time."""
    progress = fold(plan, events)
    action = decide(plan, progress, now)
    left = [step for step in plan.steps if not progress.settled(step)]
    running = progress.running(plan)
    phase, why = _phase(progress, action, running)
    upcoming = next((step for step in left if step not in running), None)
    return RunStatus(
        phase=phase,
        happening=_happening(progress, action, running),
        why_waiting=why,
        next_step=_next(action, running, upcoming),
        when=action.time if isinstance(action, WaitUntil | Parked) else None,
        would_stop=() if isinstance(action, Done) else tuple(_would_stop(plan, progress, upcoming)),
        undo=tuple(_undo(plan, progress)),
        still_running=tuple(_said(step, progress) for step in running),
        done=sum(progress.steps[step.id].ok for step in plan.steps),
        total=sum(not isinstance(step.action, RollBackChart) for step in plan.steps),
        left=total_duration(left),
    )


def _phase(progress: Progress, action: NextAction, running: tuple[Step, ...]) -> tuple[RunPhase, str]:
    match action:
        case Done(succeeded):
            return (RunPhase.SUCCEEDED if succeeded else RunPhase.CANCELLED), ""
        case Stuck(why):
            return RunPhase.STUCK, f"A person has to decide: {why}"
        case Parked():
            return RunPhase.WAITING_FOR_OWNER, action.why
        case WaitUntil(time, why):
            return (RunPhase.PAUSED if time is None else RunPhase.WAITING), why
        case Run():
            if progress.started is None:
                return RunPhase.PLANNED, "it has not been started."
            waits = [progress.steps[step.id].parked for step in running]
            if waits and waits[0] and all(waits):  # a look at it is due
                return RunPhase.WAITING_FOR_OWNER, f"waiting for {waits[0].owner}: {waits[0].what}"
            return RunPhase.RUNNING, ""


def _happening(progress: Progress, action: NextAction, running: tuple[Step, ...]) -> str:
    if running:
        return "; ".join(_said(step, progress) for step in running)
    match action:
        case Done(detail=detail):
            return detail
        case Run() if progress.started is None:
            return "nothing yet."
        case Run(steps):
            return f"about to begin: {steps[0].step.title}"
        case _:
            return "nothing."


def _said(step: Step, progress: Progress) -> str:
    own = progress.steps[step.id]
    said = own.notes.get(PROGRESS, "")
    again = f" (attempt {own.attempt})" if own.attempt > 1 else ""
    return f"{step.title}{again}" + (f": {said}" if said else "")


def _next(action: NextAction, running: tuple[Step, ...], upcoming: Step | None) -> str:
    match action:
        case Done():
            return ""
        case Stuck():
            return "retry goes on from the failed step; skip leaves it out; cancel ends the run."
        case WaitUntil(time=None):
            return f"after resume: {upcoming.title}" if upcoming else "resume."
        case Run(steps) if not running:
            return steps[0].step.title
        case _:
            return upcoming.title if upcoming else "the end."


def _would_stop(plan: Plan, progress: Progress, upcoming: Step | None) -> Iterator[str]:
    """The preconditions of what is next, and the facts it relies on."""
    if upcoming is not None:
        yield from (f"not so: {condition}" for condition in upcoming.preconditions)
        yield from (f"{fact.name} is no longer {fact.value or 'absent'}" for fact in upcoming.facts)
    if not progress.paused:
        yield "pause or cancel, by a person"
    final = next((step for step in plan.steps if step.id == plan.point_of_no_return), None)
    if final is not None and not progress.steps[final.id].attempt:
        yield f"after {final.title!r} there is no way back"


def _undo(plan: Plan, progress: Progress) -> Iterator[UndoLine]:
    for step in reversed(plan.steps):
        own = progress.steps[step.id]
        if own.in_effect and own.parked is None and (step.undo_commands or step.undo is Undo.FINAL):
            yield UndoLine(step.id, step.title, step.undo, step.undo_commands)
