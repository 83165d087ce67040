"""A run's journal as plain lines, and what is left to undo when it did not succeed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seatrial.cli.output import Tone, harmless, icon
from seatrial.cluster_runs.performing import PROGRESS
from seatrial.plan import (
    CancelRequested,
    Event,
    Outcome,
    OwnerReminded,
    PauseRequested,
    Plan,
    RetryRequested,
    StepDeferred,
    StepFinished,
    StepIntended,
    StepNoted,
    StepParked,
    advance,
    fold,
)
from seatrial.plan.status import explain


class ProgressLines:
    """Hears every event of a run and says the new ones."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._progress = fold(plan, ())
        self._events: list[Event] = []

    def hear(self, event: Event) -> None:
        self._progress = advance(self._plan, self._progress, event)
        self._events.append(event)
        line = self._line(event)
        if line:
            self._say(harmless(f"{event.at:%H:%M:%S}  {line}"))

    def undo_lines(self) -> Iterator[str]:
        """What is still in effect, last change first."""
        if not self._events:
            return
        status = explain(self._plan, self._events, self._events[-1].at)
        if status.undo:
            yield "Still in effect, and how to undo it without Seatrial, in this order:"
        for line in status.undo:
            yield harmless(f"  {line.title}")
            for command in line.commands or ("there is no way back",):
                yield harmless(f"    {command}")

    def _line(self, event: Event) -> str:
        match event:
            case StepIntended(step=step, attempt=attempt):
                again = f" (attempt {attempt})" if attempt > 1 else ""
                return f"{icon(Tone.QUIET)} {self._plan.step(step).title}{again}"
            case StepNoted(key=key, value=value) if key == PROGRESS:
                return f"    {value}"
            case StepParked(owner=owner, what=what, since=since, at=at) if at == since:
                return f"{icon(Tone.WARN)}   waiting for {owner}: {what}"
            case OwnerReminded(owner=owner, what=what, since=since):
                return f"{icon(Tone.WARN)}   still waiting for {owner} since {since:%Y-%m-%d %H:%M}: {what}"
            case StepDeferred(why=why, until=until):
                return f"{icon(Tone.WARN)}   again at {until:%H:%M:%S}: {why}"
            case StepFinished(step=step, outcome=outcome, detail=detail):
                return self._finished(step, outcome, detail)
            case PauseRequested(by=by) | CancelRequested(by=by) | RetryRequested(by=by):
                return f"{type(event).__name__.removesuffix('Requested').lower()} asked for by {by}"
            case _:
                return ""

    def _finished(self, step: str, outcome: Outcome, detail: str) -> str:
        said = f": {detail}" if detail else ""
        match outcome:
            case Outcome.FAILED:
                return f"{icon(Tone.BAD)} {self._plan.step(step).title} failed{said}"
            case Outcome.ALREADY_DONE:
                return f"{icon(Tone.GOOD)}   nothing to do{said}"
            case Outcome.SUCCEEDED:
                return f"{icon(Tone.GOOD)}   done{said}"
