"""What a status says of a cluster that has succeeded."""

from __future__ import annotations

import pytest
from tests.rollout.builders import at, rollout, run_finished, run_started, started

from seatrial.rollout.document import RolloutStage
from seatrial.rollout.explain import explain
from seatrial.rollout.state import fold


@pytest.mark.parametrize(
    ("detail", "happening"),
    [
        ("", "upgraded and verified"),
        ("already at 1.34.2, nothing was changed", "already at 1.34.2, nothing was changed"),
    ],
)
def test_a_cluster_that_was_at_the_target_is_not_called_upgraded(detail: str, happening: str) -> None:
    of = rollout(RolloutStage(name="all", clusters=("c1", "c2"), max_concurrent=2))
    events = [started(of), run_started(of, "c1"), run_finished(of, "c1", detail=detail)]
    first, _ = explain(fold(of, events), at(1)).clusters
    assert first.happening == happening
