"""What a person is told to type can be typed."""

from __future__ import annotations

import pytest
from tests.rollout.builders import at, rollout, started

from seatrial.cluster.version import Version
from seatrial.errors import BadInput
from seatrial.plan.undoing import undo_control_plane
from seatrial.rollout.document import RolloutStage
from seatrial.rollout.events import ClusterHeld, ClusterSkipped
from seatrial.rollout.permit import check_request
from seatrial.rollout.state import fold
from seatrial.rollout.ways_out import undo_commands


def test_a_comment_stands_with_its_command() -> None:
    undo = undo_control_plane("eks", "prod", "eu-west-1", Version.parse("1.33.4")).commands
    assert list(undo_commands(("helm rollback edge", *undo, "# by hand"))) == [
        "helm rollback edge",
        "aws eks update-cluster-version --name prod --region eu-west-1 --kubernetes-version 1.33"
        "  # within 7 days, and after the node groups are back",
        "# by hand",
    ]


def test_a_skip_that_ends_is_refused_where_somebody_is_waited_for() -> None:
    of = rollout(RolloutStage(name="all", clusters=("a", "b")))
    held = ClusterHeld(at=at(0), cluster="a", owner="the shop", what="a yes", by="ann")
    skip = ClusterSkipped(at=at(1), cluster="a", by="ann", why="w", until=at(60))
    with pytest.raises(BadInput, match=r"a waits for the shop, and would start without that"):
        check_request(fold(of, [started(of), held]), skip, at(1))
    check_request(fold(of, [started(of)]), skip, at(1))
