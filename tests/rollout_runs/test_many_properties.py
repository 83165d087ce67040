"""Random strategies, faults, pauses, stops, kills and clock jumps on the real loop: what must hold always.

The promises are checked by `WatchedStore` at each event, and each story has to come to an end.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from tests.rollout.builders import START, rollout
from tests.rollout.random_windows import CHANGES, OFTEN, ONCE_A_DAY, random_windows
from tests.rollout_runs.jumping_clock import JumpingClock
from tests.rollout_runs.watched import WatchedStore

from seatrial.errors import BadInput, Unreachable
from seatrial.rollout.decide import decide_next
from seatrial.rollout.decisions import WaitForWindow
from seatrial.rollout.document import Rollout, RolloutCluster, RolloutStage, digest
from seatrial.rollout.events import (
    ClusterHeld,
    ClusterReleased,
    ClusterRetried,
    ClusterSkipped,
    Health,
    Outcome,
    Paused,
    Request,
    Resumed,
    StageApproved,
)
from seatrial.rollout.state import UNSUCCESSFUL, Phase, RolloutState
from seatrial.rollout_runs.journal import create_rollout, open_rollout, send_request
from seatrial.rollout_runs.orders import ClusterOrder, ClusterResult, HealthResult
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.stop import FleetStop
from seatrial.store import Fenced, Stop

HOUR = 3600.0
ACTIONS = (
    *(
        "kill",
        "kill",
        "take over",
        "stop",
        "stop",
        "stop",
        "lift",
        "pause",
        "resume",
        "suspend",
        "clock back",
    ),
    *("settle", "settle", "settle", "settle", "settle"),
    *("approve", "approve for an hour", "retry", "skip", "skip for an hour", "hold", "release"),
)
Moment = tuple[float, str, int]
"""Seconds after the one before, what happens, to which cluster or stage."""


@st.composite
def strategies(draw: st.DrawFn) -> Rollout:
    start = draw(st.sampled_from(CHANGES))
    stages = []
    for number in range(draw(st.integers(1, 3))):
        size = draw(st.integers(2, 8))
        stages.append(
            RolloutStage(
                name=f"s{number}",
                clusters=tuple(f"c{number}{index}" for index in range(size)),
                max_concurrent=draw(st.integers(1, 4)),
                canary=draw(st.sampled_from([0, 0, 1])),
                max_failures=draw(st.integers(0, 2)),
                soak=draw(st.sampled_from([0.0, 300.0, 1200.0])),
                approval=draw(st.sampled_from([False, False, True])),
                maintenance=draw(st.one_of(st.just(UNSET), random_windows(OFTEN, start))),
            )
        )
    of = rollout(*stages)
    of = msgspec.structs.replace(of, created_at=start)
    return msgspec.structs.replace(of, clusters=tuple(draw(with_window(of, name)) for name in names(of)))


def names(of: Rollout) -> list[str]:
    return [each.name for each in of.clusters]


@st.composite
def with_window(draw: st.DrawFn, of: Rollout, name: str) -> RolloutCluster:
    """A window of its own, which surely meets that of its stage."""
    stage = next(each for each in of.stages if name in each.clusters)
    rhythms = OFTEN if stage.maintenance is UNSET else ONCE_A_DAY
    own = draw(st.one_of(st.just(UNSET), st.just(UNSET), random_windows(rhythms, of.created_at)))
    return msgspec.structs.replace(of.cluster(name), maintenance=own)


moments = st.lists(
    st.tuples(st.sampled_from([0.5, 3.0, 90.0, 400.0, 1500.0]), st.sampled_from(ACTIONS), st.integers(0, 20)),
    min_size=5,
    max_size=20,
)


class Clusters:
    """Upgrades that go on while nobody drives them, each begun once under its run's id."""

    def __init__(self, clock: JumpingClock, random: Random) -> None:
        self.clock, self.random = clock, random
        self.ends: dict[str, tuple[float, Outcome | None]] = {}
        self.begun: Counter[str] = Counter()

    async def start(self, order: ClusterOrder) -> ClusterResult:
        if order.run_id not in self.ends:
            outcome = self.random.choice([Outcome.SUCCEEDED] * 30 + [Outcome.FAILED, Outcome.BLOCKED, None])
            self.ends[order.run_id] = (self.clock.monotonic() + self.random.uniform(1, 700), outcome)
            self.begun[order.run_id] += 1
        end, outcome = self.ends[order.run_id]
        await self.clock.sleep(end - self.clock.monotonic())
        if outcome is None:
            raise Unreachable("it does not answer.", where=order.target.cluster)
        return ClusterResult(outcome)

    async def observe(self, order: ClusterOrder) -> HealthResult:
        return HealthResult(self.random.choice([Health.HEALTHY] * 8 + list(Health)), "seen")


class Story:
    def __init__(self, of: Rollout, seed: int, folder: Path) -> None:
        self.rollout, self.folder, self.start = of, folder, of.created_at
        self.clock = JumpingClock(self.start)
        self.store = WatchedStore(self.rollout, self.clock)
        self.clusters = Clusters(self.clock, Random(seed))
        self.drivers: list[asyncio.Task[object]] = []

    def journal(self) -> list[tuple[str, float]]:
        """What happened, and how many seconds after the beginning by its own account."""
        return [(type(event).__name__, (event.at - self.start).total_seconds()) for event in self.store.seen]

    def tell(self, script: list[Moment]) -> WatchedStore:
        self.clock.run(self._tell(script))
        assert set(self.clusters.begun.values()) <= {1}
        return self.store

    async def _tell(self, script: list[Moment]) -> None:
        await create_rollout(self.store, self.rollout)
        await self._drive()
        for stage in self.rollout.stages[:-1]:
            await self._ask(self._approval(stage.name, None))
        for seconds, action, which in script:
            await self.clock.sleep(seconds)
            self._complain()
            await self._happen(action, which)
        await self._bring_to_an_end()
        for driver in self.drivers:
            driver.cancel()
        await asyncio.gather(*self.drivers, return_exceptions=True)
        self._complain()

    def _complain(self) -> None:
        """As soon as a driver has ended for another reason than that it was killed or overtaken."""
        for driver in self.drivers:
            wrong = driver.exception() if driver.done() and not driver.cancelled() else None
            if wrong and not isinstance(wrong, Fenced):
                raise wrong

    async def _drive(self) -> None:
        run = RolloutRun(
            await open_rollout(self.store, self.rollout.id),
            clock=self.clock,
            worker=f"driver {len(self.drivers)}",
            start_cluster=self.clusters.start,
            observe_cluster=self.clusters.observe,
            stop=FleetStop(self.folder, self.store),
            inputs=self.folder,
            poll=4.0,  # within the promise for stops, and half the work
        )
        self.drivers.append(asyncio.create_task(run.run()))

    async def _happen(self, action: str, which: int) -> None:
        now = self.clock.now()
        names = [each.name for each in self.rollout.clusters]
        cluster, stage = names[which % len(names)], self.rollout.stages[which % len(self.rollout.stages)].name
        hour = now + timedelta(hours=1)
        match action:
            case "kill":
                self.drivers[-1].cancel()
                await self._drive()
            case "take over":
                await self._drive()
            case "stop":
                await self.store.stop(Stop("bob", now, "smoke"))
            case "lift":
                await self.store.lift_stop(by="bob", at=now)
            case "settle":
                await self._settle()
            case "suspend":
                self.clock.jump(9 * HOUR)
            case "clock back":
                self.clock.jump(-HOUR)
            case "pause":
                await self._ask(Paused(at=now, by="ann"))
            case "resume":
                await self._ask(Resumed(at=now, by="ann"))
            case "approve" | "approve for an hour":
                until = hour if action.endswith("hour") else None
                await self._ask(self._approval(stage, until))
            case "retry":
                await self._ask(ClusterRetried(at=now, cluster=cluster, by="ann"))
            case "skip" | "skip for an hour":
                until = hour if action.endswith("hour") else None
                await self._ask(ClusterSkipped(at=now, cluster=cluster, by="ann", why="w", until=until))
            case "hold":
                await self._ask(ClusterHeld(at=now, cluster=cluster, owner="shop", what="a yes", by="ann"))
            case "release":
                await self._ask(ClusterReleased(at=now, cluster=cluster, by="ann"))

    async def _bring_to_an_end(self) -> None:
        """A person who lets everything go on, and leaves out what fails, gets to the end within days."""
        await self.store.lift_stop(by="bob", at=self.clock.now())
        for _ in range(1_200):
            if self.store.over:
                return
            self._complain()
            state, now = await self._settle(), self.clock.now()
            opens = decide_next(state, now)
            if isinstance(opens, WaitForWindow):
                assert opens.time is not None
                self.clock.jump((opens.time - now).total_seconds() - 60)  # nobody looks before that
            await self.clock.sleep(600)
        raise AssertionError("it did not come to an end")

    async def _settle(self) -> RolloutState:
        """A person lets everything go on that may, and leaves out what fails."""
        now = self.clock.now()
        await self._ask(Resumed(at=now, by="eva"))
        state = (await open_rollout(self.store, self.rollout.id)).state
        for stage in self.rollout.stages:
            if stage.approval and not state.approved(stage, now):
                await self._ask(self._approval(stage.name, None))
        for cluster in state.clusters.values():
            if cluster.phase is Phase.WAITING:
                await self._ask(ClusterReleased(at=now, cluster=cluster.name, by="eva"))
            if cluster.phase in UNSUCCESSFUL or cluster.inconclusive:
                await self._ask(ClusterSkipped(at=now, cluster=cluster.name, by="eva", why="w"))
        return state

    def _approval(self, stage: str, until: datetime | None) -> StageApproved:
        return StageApproved(
            at=self.clock.now(), stage=stage, digest=digest(self.rollout), by="eva", until=until
        )

    async def _ask(self, request: Request) -> None:
        with suppress(BadInput):  # refused, in words
            await send_request(await open_rollout(self.store, self.rollout.id), request)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(strategies(), moments, st.integers(0, 2**32))
def test_whatever_happens_no_promise_is_broken_and_there_is_an_end(
    tmp_path: Path, of: Rollout, script: list[Moment], seed: int
) -> None:
    Story(of, seed, tmp_path).tell(script)


@contextmanager
def zone(name: str) -> Iterator[None]:
    """The machine's time zone, as the C library has it."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def test_the_hours_that_daylight_saving_skips_and_repeats_change_nothing(tmp_path: Path) -> None:
    of = rollout(
        RolloutStage(name="a", clusters=("a1", "a2"), soak=2 * HOUR), RolloutStage(name="b", clusters=("b1",))
    )
    journals = []
    for place in ("UTC", "Europe/Paris", "Africa/Casablanca"):
        for month, day in ((3, 28), (10, 24)):  # 2026: Paris changes in the night that follows
            with zone(place):
                start = START.replace(month=month, day=day, hour=23, minute=30)
                story = Story(msgspec.structs.replace(of, created_at=start), 1, tmp_path)
                story.tell([(HOUR, "nothing", 0)])
            journals.append(story.journal())
    assert all(journal == journals[0] for journal in journals)


@pytest.mark.slow
@settings(
    max_examples=2_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(strategies(), moments, st.integers(0, 2**32))
def test_thousands_of_stories_break_no_promise(
    tmp_path: Path, of: Rollout, script: list[Moment], seed: int
) -> None:
    Story(of, seed, tmp_path).tell(script)
