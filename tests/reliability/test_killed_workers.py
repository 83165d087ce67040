"""Real `seatrial worker` processes killed at random: their runs are taken over, nothing is started twice."""

from __future__ import annotations

import sys
from statistics import median

import pytest
from tests.reliability.workers import draw, run

from seatrial.workers.worker import TAKEN_OVER_WITHIN

pytestmark = [pytest.mark.journey, pytest.mark.slow]


def test_killed_workers_are_replaced_and_every_rollout_ends_as_if_nothing_had_been(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = run(kills=40, seed=20261122, lanes=4)
    with capsys.disabled():
        sys.stdout.write(f"\n{draw(results)}\n")
    assert [(each.verdict.problems, each.said) for each in results if each.verdict.problems] == []
    assert sum(each.kills for each in results) >= 40
    assert sum(each.busy for each in results) >= 10
    waits = [wait for each in results for wait in each.noticed]  # few: mostly another one dies meanwhile
    assert not waits or median(waits) < TAKEN_OVER_WITHIN
