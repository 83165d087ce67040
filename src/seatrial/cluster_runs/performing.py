"""What the loop gives to whoever performs a step, and what it gets back.

A performer observes before it acts, and is harmless when it runs twice: after a crash it runs again
with `resume`, with the notes and the operation id that the journal kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from seatrial.clock import Clock
from seatrial.errors import Conflict, TemporaryError
from seatrial.plan import Fact, Outcome, Plan, Step
from seatrial.plan.drift import DRIFTED, drift
from seatrial.plan.facts import fact_about
from seatrial.plan.status import PROGRESS

__all__ = [
    "PROGRESS",
    "FactChanged",
    "Performer",
    "StepContext",
    "StepJournal",
    "StepResult",
    "WaitsForOwner",
    "already_done",
    "failed",
    "succeeded",
]


class Performer(Protocol):
    async def perform(self, step: Step, context: StepContext) -> StepResult:
        """Carry out one step.

        Raise `TemporaryError` when the same attempt may go on later, any other `SeatrialError` when
        the step has failed.
        """

    async def observe(self, fact: Fact) -> str:
        """What the fact's value is now."""


@dataclass(frozen=True, slots=True)
class StepResult:
    outcome: Outcome
    detail: str = ""


def succeeded(detail: str = "") -> StepResult:
    return StepResult(Outcome.SUCCEEDED, detail)


def already_done(detail: str = "") -> StepResult:
    return StepResult(Outcome.ALREADY_DONE, detail)


def failed(detail: str) -> StepResult:
    return StepResult(Outcome.FAILED, detail)


class FactChanged(Conflict):
    """A fact that the step relies on is no longer what the plan was made from."""

    def __init__(self, fact: Fact, change: str) -> None:
        super().__init__(f"{DRIFTED}: {change}.", next_step="Make the plan again and review it.")
        self.fact = fact


class WaitsForOwner(TemporaryError):
    """Only somebody else can bring this on: the run is parked until a look says that they did."""

    def __init__(self, owner: str, what: str) -> None:
        super().__init__(f"waiting for {owner}: {what}")
        self.owner = owner
        self.to_do = what


@dataclass(frozen=True, slots=True)
class StepContext:
    """One attempt of one step."""

    plan: Plan
    run_id: str
    step: Step
    attempt: int
    resume: bool
    operation: str
    """The id of what a process before this one started; empty when unknown."""
    begun_at: datetime
    """When this attempt was first intended."""
    clock: Clock
    journal: StepJournal
    observe: Callable[[Fact], Awaitable[str]]

    @property
    def token(self) -> str:
        """The same for every start of this attempt, also after a crash: 32 hexadecimal digits."""
        name = f"{self.run_id}\n{self.step.id}\n{self.attempt}"
        return hashlib.sha256(name.encode()).hexdigest()[:32]

    def notes(self, step_id: str = "") -> Mapping[str, str]:
        """What was noted for a step (this one, unless named), over all its attempts."""
        return self.journal.notes(step_id or self.step.id)

    async def note(self, key: str, value: str) -> None:
        """Journal something that must outlive this process; an equal note is not repeated."""
        if self.notes().get(key) != value:
            await self.journal.note(self.step.id, key, value)

    async def progress(self, text: str) -> None:
        """Say how far it is: what `status` shows."""
        await self.note(PROGRESS, text)

    async def operation_started(self, operation: str) -> None:
        """Journal the id of what was started, before waiting for it."""
        await self.journal.operation_started(self.step.id, self.attempt, operation)

    async def check_facts(self) -> None:
        """Look again at what the step relies on, right before acting; raise `FactChanged`.

        Whoever asked for another attempt changed something on purpose, most often a budget.
        """
        for fact in self.step.facts:
            if self.attempt > 1 and fact_about(fact.name) == "budgets":
                continue
            change = drift(self.plan, fact, await self.observe(fact))
            if change:
                raise FactChanged(fact, change)


class StepJournal(Protocol):
    """The part of the run's journal that a step may write."""

    def notes(self, step_id: str) -> Mapping[str, str]: ...

    async def note(self, step_id: str, key: str, value: str) -> None: ...

    async def operation_started(self, step_id: str, attempt: int, operation: str) -> None: ...
