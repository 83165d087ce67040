"""When the state cannot be written, no cluster is said to have failed: the rollout is unfinished."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rollout.builders import rollout
from tests.rollout_runs.world import World

from seatrial.errors import SeatrialError
from seatrial.rollout.document import RolloutStage
from seatrial.rollout.state import Phase
from seatrial.rollout.status import RolloutPhase
from seatrial.rollout_runs.journal import open_rollout
from seatrial.store import Fenced, StateAway, StateUnusable
from seatrial.store.memory import MemoryStore

OF = rollout(RolloutStage(name="test", clusters=("t1", "t2"), max_concurrent=2))


@pytest.mark.parametrize(
    "failure",
    [
        StateUnusable("the disk is full or fails, so nothing more can be recorded."),
        StateAway("another process keeps the state file locked."),
        Fenced("spring-1.t1.1", "another process"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_cluster_whose_journal_cannot_be_written_did_not_fail(failure: SeatrialError) -> None:
    world = World(OF)
    world.clusters.outcomes = {"t1": [failure]}
    with pytest.raises(type(failure)) as caught:
        world.run()
    assert caught.value is failure

    async def go_on() -> RolloutPhase:
        journal = await open_rollout(world.store, OF.id)
        assert journal.state.clusters["t1"].phase is Phase.RUNNING
        return (await world.driver(journal, "second").run()).phase

    assert world.clock.run(go_on()) is RolloutPhase.SUCCEEDED
    assert world.clusters.names.count("t1") == 2
    assert {run for name, run, _ in world.clusters.started if name == "t1"} == {"spring-1.t1.1"}


class Disk(MemoryStore):
    """Takes nothing more while it is full."""

    full = False

    async def append(self, stream_id: str, *arguments: Any, **named: Any) -> int:
        if self.full:
            raise StateUnusable("the disk is full or fails, so nothing more can be recorded.")
        return await super().append(stream_id, *arguments, **named)


def test_a_disk_that_fills_up_under_a_rollout_ends_the_command_and_it_goes_on_later() -> None:
    world, disk = World(OF), Disk()
    world.store = disk

    async def fill_the_disk(world: World) -> None:
        await world.clock.sleep(100)
        disk.full = True

    with pytest.raises(StateUnusable, match="disk is full"):
        world.run(fill_the_disk)
    disk.full = False

    async def go_on() -> RolloutPhase:
        journal = await open_rollout(disk, OF.id)
        assert [each.phase for each in journal.state.clusters.values()] == [Phase.RUNNING] * 2
        return (await world.driver(journal, "second").run()).phase

    assert world.clock.run(go_on()) is RolloutPhase.SUCCEEDED
    assert {run for _, run, _ in world.clusters.started} == {"spring-1.t1.1", "spring-1.t2.1"}
