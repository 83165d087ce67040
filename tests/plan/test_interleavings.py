"""Rules that hold for every plan under every order of crashes, failures and requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan import builders as b
from tests.plan.builders import T0

from seatrial.plan.document import Plan
from seatrial.plan.journal import (
    CancelRequested,
    Event,
    OperationStarted,
    Outcome,
    PauseRequested,
    ResumeRequested,
    RetryRequested,
    SkipRequested,
    StepDeferred,
    StepFinished,
    StepIntended,
)
from seatrial.plan.next_action import Done, NextAction, Run, Stuck, WaitUntil, next_action
from seatrial.plan.progress import fold
from seatrial.plan.steps import RollBackChart, Step, taken_back_by


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plain steps, charts, holds and fixes, each after some of the steps before it."""
    steps: list[Step] = []
    open_holds: list[Callable[..., Step]] = []

    def some_before() -> list[str]:
        named = [step.id for step in steps]
        return draw(st.lists(st.sampled_from(named), unique=True, max_size=3)) if named else []

    for number in range(draw(st.integers(1, 7))):
        match draw(st.sampled_from(("step", "chart", "hold", "fix", "nodes"))):
            case "step":
                steps.append(b.step(f"s{number}", None, *some_before()))
            case "chart":
                steps += b.chart(f"c{number}", *some_before())
            case "nodes":
                steps += b.node_group(f"n{number}", *some_before())
            case "hold":
                steps.append(b.hold(f"h{number}", *some_before()))
                open_holds.append(lambda *after, name=f"h{number}": b.release(name, *after))
            case "fix":
                steps.append(b.fix(f"f{number}", *some_before()))
                open_holds.append(lambda *after, name=f"f{number}": b.revert(name, *after))
        if open_holds and draw(st.booleans()):
            steps.append(open_holds.pop()(*some_before()))
    for put_back in open_holds:
        steps.append(put_back(*some_before()))
    return b.plan(*steps)


@dataclass
class World:
    """Performs steps as a real one would, with the bad luck that hypothesis draws."""

    plan: Plan
    data: st.DataObject
    luck: int
    """How many more bad things may happen: so that a run that must end can."""
    events: list[Event] = field(default_factory=list)
    in_effect: set[str] = field(default_factory=set)
    """Holds, fixes and chart upgrades that are in force in the cluster."""
    broken: bool = False

    def unlucky(self) -> bool:
        if self.luck and self.data.draw(st.integers(0, 3)) == 0:
            self.luck -= 1
            return True
        return False

    def perform(self, action: Run) -> None:
        for run in action.steps:
            self.check_start(run.step, resume=run.resume)
            if not run.resume:
                self.say(StepIntended(at=self.now, step=run.step.id, attempt=run.attempt))
                if self.unlucky():
                    return  # killed right after the intent
            self.in_effect.add(run.step.id)
            self.say(OperationStarted(at=self.now, step=run.step.id, attempt=run.attempt, operation="op"))
            if self.unlucky():
                return  # killed before the result
            if self.unlucky():
                until = self.now + timedelta(seconds=10)
                self.say(
                    StepDeferred(at=self.now, step=run.step.id, attempt=run.attempt, until=until, why="429")
                )
                return
            outcome = Outcome.FAILED if self.unlucky() else Outcome.SUCCEEDED
            if outcome is Outcome.SUCCEEDED and (origin := taken_back_by(run.step)):
                self.in_effect.discard(origin)
            self.say(
                StepFinished(
                    at=self.now, step=run.step.id, attempt=run.attempt, outcome=outcome, detail="bad luck"
                )
            )

    def check_start(self, step: Step, *, resume: bool) -> None:
        progress = fold(self.plan, self.events)
        own = progress.steps[step.id]
        assert not own.ok, f"{step.id} had succeeded and is run again"
        assert own.running == resume
        if resume:
            return
        stopping = bool(progress.failures(self.plan)) or progress.cancelled is not None
        if stopping:
            assert step.always, f"{step.id} starts after a failure or cancel"
            assert progress.steps[taken_back_by(step)].in_effect
        else:
            assert not progress.paused, f"{step.id} starts during a pause"
            assert not isinstance(step.action, RollBackChart)
            for before in step.after:
                assert progress.settled(self.plan.step(before)), f"{step.id} starts before {before} is done"

    @property
    def now(self):  # type: ignore[no-untyped-def]
        return T0 + timedelta(seconds=len(self.events))

    def say(self, event: Event) -> None:
        self.events.append(event)

    def ask_something(self) -> None:
        request = self.data.draw(
            st.sampled_from(
                (
                    PauseRequested(at=self.now, by="ann"),
                    RetryRequested(at=self.now, by="ann"),
                    SkipRequested(
                        at=self.now,
                        step=self.data.draw(st.sampled_from([step.id for step in self.plan.steps])),
                        by="ann",
                        why="done by hand",
                    ),
                    CancelRequested(at=self.now, by="ann"),
                )
            )
        )
        self.say(request)

    def run_to_the_end(self) -> NextAction:
        for _ in range(2_000):
            if self.unlucky():
                self.ask_something()
            action = next_action(self.plan, self.events, self.now)
            match action:
                case Run():
                    self.perform(action)
                case WaitUntil(time=None):
                    self.say(ResumeRequested(at=self.now, by="ann"))
                case WaitUntil():
                    self.say(ResumeRequested(at=self.now, by="the clock"))
                case Stuck():
                    self.check_put_back()
                    if not self.data.draw(st.booleans()):
                        return action
                    self.say(RetryRequested(at=self.now, by="ann"))
                case Done():
                    self.check_put_back()
                    return action
        raise AssertionError("the run does not end")

    def check_put_back(self) -> None:
        """Whatever is still in force, its put-back step was tried and failed, or a person skipped it."""
        progress = fold(self.plan, self.events)
        for step in self.plan.steps:
            own, origin = progress.steps[step.id], taken_back_by(step)
            if origin in self.in_effect and not isinstance(step.action, RollBackChart):
                assert own.failed or own.skipped, f"{origin} is still in force"
            if isinstance(step.action, RollBackChart) and progress.steps[step.action.wait_step].failed:
                assert origin not in self.in_effect or own.failed or own.skipped
            assert not own.running


@settings(max_examples=200, deadline=None)
@given(plans(), st.data(), st.integers(0, 12))
def test_every_run_ends_with_everything_put_back(plan: Plan, data: st.DataObject, luck: int) -> None:
    World(plan, data, luck).run_to_the_end()


@settings(max_examples=100, deadline=None)
@given(plans(), st.data())
def test_without_bad_luck_every_step_succeeds_once(plan: Plan, data: st.DataObject) -> None:
    world = World(plan, data, luck=0)
    assert world.run_to_the_end() == Done(True, "every step succeeded.")
    begun = [event.step for event in world.events if isinstance(event, StepIntended)]
    assert sorted(begun) == sorted(
        step.id for step in plan.steps if not isinstance(step.action, RollBackChart)
    )


@settings(max_examples=100, deadline=None)
@given(plans(), st.data(), st.integers(0, 8))
def test_a_run_taken_up_from_any_prefix_of_its_journal_ends_as_well(
    plan: Plan, data: st.DataObject, luck: int
) -> None:
    first = World(plan, data, luck)
    first.run_to_the_end()
    length = data.draw(st.integers(0, len(first.events)))
    second = World(plan, data, 0, events=first.events[:length])
    progress = fold(plan, second.events)
    second.in_effect = {step.id for step in plan.steps if progress.steps[step.id].in_effect}
    end = second.run_to_the_end()
    if not any(isinstance(event, CancelRequested) for event in second.events) and not isinstance(end, Stuck):
        assert end == Done(True, "every step succeeded.")
