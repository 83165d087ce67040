"""When a run's journal cannot be written, its step did not fail: it is unfinished."""

from __future__ import annotations

import pytest
from tests.cluster_runs.test_cluster_run import Bench

from seatrial.cluster_runs import StepContext, StepResult
from seatrial.cluster_runs.performing import succeeded
from seatrial.errors import SeatrialError
from seatrial.plan import Done, StepDeferred, StepFinished
from seatrial.store import StateAway, StateUnusable


@pytest.mark.parametrize(
    "failure",
    [StateUnusable("the disk is full."), StateAway("the database cannot be reached.")],
    ids=["full", "away"],
)
def test_a_step_whose_note_cannot_be_written_goes_on_later(failure: SeatrialError) -> None:
    left = [failure]

    async def notes(context: StepContext) -> StepResult:
        if left:
            raise left.pop()
        assert context.resume
        return succeeded()

    async def story(bench: Bench) -> None:
        with pytest.raises(type(failure)) as caught:
            await bench.run()
        assert caught.value is failure
        assert not [e for e in await bench.journal() if isinstance(e, StepFinished | StepDeferred)]
        assert await bench.run() == Done(True, "every step succeeded.")

    Bench(acts={"one": notes}).play(story)
