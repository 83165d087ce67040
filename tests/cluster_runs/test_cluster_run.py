"""The loop around the steps: patience, temporary failures, bugs, requests, and another worker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from tests.plan import builders as b
from tests.plan.builders import T0

from seatrial.clock import SimulatedClock
from seatrial.cluster_runs import ClusterRun, StepContext, StepResult, begin_run, read_journal
from seatrial.cluster_runs.performing import succeeded
from seatrial.errors import BadFormat, PermanentError, TemporaryError
from seatrial.plan import (
    CancelRequested,
    Done,
    Event,
    Fact,
    PauseRequested,
    Plan,
    Preflight,
    ResumeRequested,
    RetryRequested,
    SkipRequested,
    Step,
    StepDeferred,
    StepFinished,
    Stuck,
    WaitUntil,
    encode_event,
)
from seatrial.store import Fenced
from seatrial.store.memory import MemoryStore

Act = Callable[[StepContext], Awaitable[StepResult]]
TWO = b.plan(b.step("one", Preflight(), timeout=600), b.step("two", Preflight(), "one", timeout=600))


@dataclass
class Scripted:
    """`Performer` that does what the test says, by step."""

    acts: dict[str, Act] = field(default_factory=dict)
    performed: list[str] = field(default_factory=list)

    async def perform(self, step: Step, context: StepContext) -> StepResult:
        self.performed.append(step.id)
        return await self.acts[step.id](context) if step.id in self.acts else succeeded()

    async def observe(self, fact: Fact) -> str:
        return fact.value


@dataclass
class Bench:
    plan: Plan = TWO
    acts: dict[str, Act] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = SimulatedClock(T0)
        self.store = MemoryStore()
        self.performer = Scripted(self.acts)

    def play(self, story: Callable[[Bench], Awaitable[None]]) -> None:
        async def main() -> None:
            await begin_run(self.store, self.plan, "run-1", at=T0)
            await story(self)

        self.clock.run(main())

    async def run(self) -> Done | Stuck | WaitUntil:
        run = ClusterRun("run-1", self.plan, self.store, self.performer, self.clock, "test", "ann")
        return await run.run()

    async def ask(self, request: Event) -> None:
        await self.store.request("run-1", encode_event(request), format=1)

    async def journal(self) -> list[Event]:
        return list(await read_journal(self.store, "run-1"))

    async def state(self) -> str:
        return (await self.store.stream("run-1")).state


def fails_temporarily(times: int, **fields: float) -> Act:
    left = [times]

    async def act(context: StepContext) -> StepResult:
        if left[0]:
            left[0] -= 1
            raise TemporaryError("the API server is away.", **fields)  # type: ignore[arg-type]
        return succeeded()

    return act


async def sleeps(context: StepContext) -> StepResult:
    await context.progress("still at it")
    await context.clock.sleep(10_000)
    return succeeded()


def test_a_temporary_failure_is_tried_again_after_longer_and_longer_pauses() -> None:
    async def story(bench: Bench) -> None:
        assert await bench.run() == Done(True, "every step succeeded.")
        pauses = [
            (event.until - event.at).total_seconds()
            for event in await bench.journal()
            if isinstance(event, StepDeferred)
        ]
        assert pauses == [2, 4, 8, 16, 32, 60, 60]
        assert bench.performer.performed == ["one"] * 8 + ["two"]

    Bench(acts={"one": fails_temporarily(7)}).play(story)


def test_the_servers_own_wish_to_wait_is_heard() -> None:
    async def story(bench: Bench) -> None:
        await bench.run()
        assert bench.clock.now().timestamp() - T0.timestamp() == pytest.approx(45, abs=1)

    Bench(acts={"one": fails_temporarily(1, retry_after=45)}).play(story)


def test_a_temporary_failure_that_lasts_past_the_deadline_is_a_failure() -> None:
    async def story(bench: Bench) -> None:
        end = await bench.run()
        assert isinstance(end, Stuck)
        assert end.why == "one failed: it did not end within 10 minutes. the API server is away."
        assert await bench.state() == "stuck"

    Bench(acts={"one": fails_temporarily(10_000)}).play(story)


def test_a_step_that_takes_too_long_fails_with_what_was_seen_last() -> None:
    async def story(bench: Bench) -> None:
        end = await bench.run()
        assert end == Stuck("one failed: it did not end within 10 minutes; last seen: still at it", ("one",))
        assert bench.clock.now().timestamp() - T0.timestamp() == pytest.approx(600, abs=1)

    Bench(acts={"one": sleeps}).play(story)


def test_an_error_is_the_steps_failure_in_its_own_words() -> None:
    async def act(context: StepContext) -> StepResult:
        raise PermanentError("no quota.", where="default", next_step="Ask for more.")

    async def story(bench: Bench) -> None:
        assert await bench.run() == Stuck("one failed: default: no quota. Ask for more.", ("one",))

    Bench(acts={"one": act}).play(story)


def test_a_bug_is_a_failure_that_names_the_place_and_not_its_data() -> None:
    async def act(context: StepContext) -> StepResult:
        raise KeyError("s3cret")

    async def story(bench: Bench) -> None:
        end = await bench.run()
        assert isinstance(end, Stuck)
        assert "a bug in Seatrial (KeyError at test_cluster_run.py:" in end.why
        assert "s3cret" not in end.why

    Bench(acts={"one": act}).play(story)


def test_a_retry_goes_on_from_the_failed_step() -> None:
    tries = iter((PermanentError("no."), None))

    async def act(context: StepContext) -> StepResult:
        if error := next(tries):
            raise error
        return succeeded(f"attempt {context.attempt}")

    async def story(bench: Bench) -> None:
        assert isinstance(await bench.run(), Stuck)
        await bench.ask(RetryRequested(at=T0, by="ann"))
        assert await bench.run() == Done(True, "every step succeeded.")
        assert bench.performer.performed == ["one", "two", "two"]

    Bench(acts={"two": act}).play(story)


def test_a_skip_leaves_the_failed_step_out() -> None:
    async def act(context: StepContext) -> StepResult:
        raise PermanentError("no.")

    async def story(bench: Bench) -> None:
        assert isinstance(await bench.run(), Stuck)
        await bench.ask(SkipRequested(at=T0, step="one", by="ann", why="done by hand"))
        assert await bench.run() == Done(True, "every step succeeded.")
        assert bench.performer.performed == ["one", "two"]

    Bench(acts={"one": act}).play(story)


def test_a_pause_that_comes_during_a_step_lets_it_end_and_starts_no_other() -> None:
    async def story(bench: Bench) -> None:
        async def act(context: StepContext) -> StepResult:
            await bench.ask(PauseRequested(at=T0, by="bob", why="lunch"))
            return succeeded()

        bench.performer.acts["one"] = act
        assert await bench.run() == WaitUntil(None, "paused by bob: lunch")
        assert bench.performer.performed == ["one"]
        assert await bench.state() == "paused"
        await bench.ask(ResumeRequested(at=T0, by="bob"))
        assert await bench.run() == Done(True, "every step succeeded.")
        assert bench.performer.performed == ["one", "two"]

    Bench().play(story)


def test_a_request_between_the_decision_and_the_intent_is_heard() -> None:
    async def story(bench: Bench) -> None:
        inner = bench.store.append
        asked = False

        async def append(stream_id: str, fence: int, events: list[bytes], **rest: object) -> int:
            nonlocal asked
            if not asked and any(b"StepIntended" in event for event in events):
                asked = True
                await bench.ask(CancelRequested(at=T0, by="bob"))
            return await inner(stream_id, fence, events, **rest)  # type: ignore[arg-type]

        bench.store.append = append  # type: ignore[method-assign,assignment]
        assert await bench.run() == Done(False, "cancelled by bob.")
        assert bench.performer.performed == []

    Bench().play(story)


def test_a_retry_that_comes_while_the_run_gets_stuck_is_heard() -> None:
    tries = iter((PermanentError("no."), None))

    async def act(context: StepContext) -> StepResult:
        if error := next(tries):
            raise error
        return succeeded()

    async def story(bench: Bench) -> None:
        inner = bench.store.append

        async def append(stream_id: str, fence: int, events: list[bytes], **rest: object) -> int:
            if rest["state"] == "stuck" and len(bench.performer.performed) == 1:
                await bench.ask(RetryRequested(at=T0, by="bob"))
            return await inner(stream_id, fence, events, **rest)  # type: ignore[arg-type]

        bench.store.append = append  # type: ignore[method-assign,assignment]
        assert await bench.run() == Done(True, "every step succeeded.")

    Bench(acts={"one": act}).play(story)


def test_a_worker_whose_run_was_taken_over_stops_and_writes_nothing() -> None:
    async def story(bench: Bench) -> None:
        async def act(context: StepContext) -> StepResult:
            await bench.store.claim("run-1", "other")
            return succeeded()

        bench.performer.acts["one"] = act
        with pytest.raises(Fenced, match="other has taken over"):
            await bench.run()
        assert not any(isinstance(event, StepFinished) for event in await bench.journal())

    Bench().play(story)


def test_an_interrupted_run_journals_no_result_and_goes_on_later() -> None:
    async def story(bench: Bench) -> None:
        task = asyncio.ensure_future(bench.run())
        await bench.clock.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not any(isinstance(event, StepFinished) for event in await bench.journal())
        bench.performer.acts.clear()
        assert await bench.run() == Done(True, "every step succeeded.")

    Bench(acts={"one": sleeps}).play(story)


def test_a_resumed_step_gets_time_to_look_even_when_its_deadline_is_long_past() -> None:
    async def takes_a_minute(context: StepContext) -> StepResult:
        assert context.resume
        await context.clock.sleep(60)
        return succeeded()

    async def story(bench: Bench) -> None:
        task = asyncio.ensure_future(bench.run())
        await bench.clock.sleep(5)
        task.cancel()
        await asyncio.wait([task])
        await bench.clock.sleep(100_000)  # the machine was off over night
        bench.performer.acts["one"] = takes_a_minute
        assert await bench.run() == Done(True, "every step succeeded.")

    Bench(acts={"one": sleeps}).play(story)


def test_a_finished_run_is_not_run_again() -> None:
    async def story(bench: Bench) -> None:
        await bench.run()
        assert await bench.run() == Done(True, "every step succeeded.")
        assert bench.performer.performed == ["one", "two"]

    Bench().play(story)


def test_a_journal_of_another_plan_is_refused() -> None:
    async def story(bench: Bench) -> None:
        await bench.ask(StepDeferred(at=T0, step="unheard", attempt=1, until=T0, why="x"))
        with pytest.raises(BadFormat, match="unheard"):
            await bench.run()

    Bench().play(story)
