"""Killed at any point, a run goes on where it was: nothing is done twice, nothing is left behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from tests.cluster_runs.fakes import Fuse, Killed
from tests.cluster_runs.worlds import RUN_ID, UPGRADED, World

from seatrial.plan import Done, StepFinished, Stuck
from seatrial.store import Entry, Store


@dataclass
class MortalStore:
    """A store whose process may die right before and right after each append."""

    inner: Store
    fuse: Fuse

    async def append(self, stream_id: str, fence: int, events: Sequence[bytes], **rest: object) -> int:
        self.fuse.point(f"before append of {events!r}")
        seq = await self.inner.append(stream_id, fence, events, **rest)  # type: ignore[arg-type]
        self.fuse.point(f"after append of {events!r}")
        return seq

    async def events(self, stream_id: str, *, after: int = 0) -> tuple[Entry, ...]:
        return await self.inner.events(stream_id, after=after)

    async def claim(self, stream_id: str, worker: str) -> int:
        return await self.inner.claim(stream_id, worker)


def died_of_kill(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(died_of_kill(each) for each in error.exceptions)
    return isinstance(error, Killed)


async def run_with_kill(world: World) -> Done | Stuck | None:
    """One process; None when it was killed."""
    try:
        end = await world.run(MortalStore(world.store, world.fuse)).run()  # type: ignore[arg-type]
    except BaseException as error:
        if not died_of_kill(error):
            raise
        return None
    assert isinstance(end, Done | Stuck)
    return end


def count_points(**world: bool) -> int:
    """How many places there are to kill an undisturbed run."""
    undisturbed = World(**world)  # type: ignore[arg-type]

    async def main() -> None:
        await undisturbed.begin()
        assert await run_with_kill(undisturbed) == Done(True, "every step succeeded.")

    undisturbed.clock.run(main())
    return undisturbed.fuse.passed


@pytest.mark.parametrize("tokens", [False, True])
def test_killed_at_any_point_a_run_ends_as_if_it_had_not_been(tokens: bool) -> None:
    points = count_points(tokens=tokens)
    assert points > 100
    for point in range(1, points + 1):
        world = World(tokens=tokens)
        world.fuse.at = point

        async def main(world: World = world) -> None:
            await world.begin()
            end = await run_with_kill(world)
            while end is None:
                end = await run_with_kill(world)
            assert end == Done(True, "every step succeeded."), (world.fuse.where, end)

        world.clock.run(main())
        assert world.end_state() == UPGRADED, world.fuse.where
        assert world.provider.started == ["control-plane", "node-group/default"], world.fuse.where


def test_killed_at_any_point_of_a_failing_run_everything_is_put_back() -> None:
    def failing(at: int | None) -> World:
        world = World()
        world.provider.refuse = lambda target: "pod shop/web-1 cannot leave" if "group" in target else ""
        world.fuse.at = at
        return world

    async def main(world: World) -> Stuck:
        await world.begin()
        end = await run_with_kill(world)
        while end is None:
            end = await run_with_kill(world)
        assert isinstance(end, Stuck), world.fuse.where
        return end

    first = failing(None)
    stuck = first.clock.run(main(first))
    assert stuck == Stuck(
        "node-group/default/upgrade failed: pod shop/web-1 cannot leave", ("node-group/default/upgrade",)
    )
    for point in range(1, first.fuse.passed + 1):
        world = failing(point)
        assert world.clock.run(main(world)) == stuck, world.fuse.where
        assert world.end_state() == {**UPGRADED, "groups": {"default": "1.33.4"}}, world.fuse.where
        assert world.provider.started == ["control-plane", "node-group/default"], world.fuse.where


def test_killed_at_any_point_of_a_roll_back_the_old_chart_is_back() -> None:
    def failing(at: int | None) -> World:
        world = World()
        world.charts.never_ready.add("2.0.0")
        world.fuse.at = at
        return world

    async def main(world: World) -> None:
        await world.begin()
        end = await run_with_kill(world)
        while end is None:
            end = await run_with_kill(world)
        assert isinstance(end, Stuck), world.fuse.where

    first = failing(None)
    first.clock.run(main(first))
    for point in range(1, first.fuse.passed + 1, 3):
        world = failing(point)
        world.clock.run(main(world))
        expected = {
            **UPGRADED,
            "control plane": "1.33.4",
            "groups": {"default": "1.33.4"},
            "ingress": "1.0.0",
        }
        assert world.end_state() == expected, world.fuse.where
        assert world.provider.started == [], world.fuse.where


def test_every_step_ends_once_in_the_journal_of_an_undisturbed_run() -> None:
    world = World()

    async def main() -> None:
        await world.begin()
        await world.run().run()
        ended = [event.step for event in await world.journal() if isinstance(event, StepFinished)]
        assert ended == [step.id for step in world.plan.steps if step.id != "chart/ingress/roll-back"]
        assert (await world.store.stream(RUN_ID)).state == "succeeded"

    world.clock.run(main())
