"""Performs steps on a twin by the very performer of a real upgrade, and plays those who are not there.

A step that somebody else owns waits until that owner has acted. On a twin nobody would: so the owner's
change is made here by the same performer, while the step itself only watches, as it would in the cluster.
And a chart whose release the twin could not be given is left out, which the report says.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from seatrial.clock import Clock
from seatrial.cluster_runs.performing import Performer, StepContext, StepResult, WaitsForOwner, already_done
from seatrial.errors import BadFormat, SeatrialError
from seatrial.plan import AwaitNodes, Fact, Ownership, RollBackChart, Step, UpgradeChart, WaitForChart
from seatrial.plan.facts import ChartVersion, fact_about

_HELM_LOOKS_EVERY = 5.0  # seconds
_LOOKS_EVERY = 15.0  # seconds between looks at what an owner does


@dataclass(frozen=True, slots=True)
class TwinPerformer:
    """`missing` are releases as (namespace, name) that the twin does not hold."""

    inner: Performer
    missing: frozenset[tuple[str, str]]

    async def observe(self, fact: Fact) -> str:
        if self._is_missing(fact):
            return fact.value
        return await self.inner.observe(fact)

    async def perform(self, step: Step, context: StepContext) -> StepResult:
        context = replace(context, observe=self.observe)
        match step.action:
            case UpgradeChart() | WaitForChart() | RollBackChart():
                if (step.action.namespace, step.action.release) in self.missing:
                    return already_done("left out: the twin does not hold this release.")
            case AwaitNodes():
                return already_done("left out: on the twin nobody replaces nodes that no group holds.")
        if step.ownership is Ownership.DIRECT:
            return await self._perform_ours(step, context)
        owner = asyncio.ensure_future(self._play_owner(step, context))
        try:
            return await self._watch(step, context)
        finally:
            owner.cancel()
            await asyncio.gather(owner, return_exceptions=True)

    async def _perform_ours(self, step: Step, context: StepContext) -> StepResult:
        began = context.clock.monotonic()
        try:
            result = await self.inner.perform(step, context)
        except SeatrialError:
            await _until_next_look(step, context.clock, began)
            raise
        await _until_next_look(step, context.clock, began)
        return result

    async def _watch(self, step: Step, context: StepContext) -> StepResult:
        """Look again and again: a real run would be parked between two looks."""
        while True:
            try:
                return await self.inner.perform(step, context)
            except WaitsForOwner:
                await context.clock.sleep(_LOOKS_EVERY)

    async def _play_owner(self, step: Step, context: StepContext) -> None:
        own = msgspec.structs.replace(step, ownership=Ownership.DIRECT)
        try:
            await self.inner.perform(own, replace(context, step=own, journal=_Forgotten()))
        except SeatrialError:
            return  # the step that watches then runs into its own deadline, and says what it waits for

    def _is_missing(self, fact: Fact) -> bool:
        try:
            about = fact_about(fact.name)
        except BadFormat:
            return False
        return isinstance(about, ChartVersion) and (about.namespace, about.release) in self.missing


async def _until_next_look(step: Step, clock: Clock, began: float) -> None:
    """End a call of Helm that waited at its next look, counted in simulated time.

    While Helm waits for a hook, the moment in which it sees the Job done depends a little on the
    machine: some hundredths of a simulated second, which would make two reports differ.
    """
    took = clock.monotonic() - began
    if isinstance(step.action, UpgradeChart | RollBackChart) and took > 0:
        await clock.sleep(math.ceil(took / _HELM_LOOKS_EVERY) * _HELM_LOOKS_EVERY - took)


class _Forgotten:
    """`StepJournal` of somebody whose notes are not ours."""

    def __init__(self) -> None:
        self._notes: dict[str, dict[str, str]] = {}

    def notes(self, step_id: str) -> Mapping[str, str]:
        return self._notes.get(step_id, {})

    async def note(self, step_id: str, key: str, value: str) -> None:
        self._notes.setdefault(step_id, {})[key] = value

    async def operation_started(self, step_id: str, attempt: int, operation: str) -> None:
        pass
