"""What a person is told to type can be typed."""

from __future__ import annotations

from seatrial.cluster.version import Version
from seatrial.plan.undoing import undo_control_plane
from seatrial.rollout.ways_out import undo_commands


def test_a_comment_stands_with_its_command() -> None:
    undo = undo_control_plane("eks", "prod", "eu-west-1", Version.parse("1.33.4")).commands
    assert list(undo_commands(("helm rollback edge", *undo, "# by hand"))) == [
        "helm rollback edge",
        "aws eks update-cluster-version --name prod --region eu-west-1 --kubernetes-version 1.33"
        "  # within 7 days, and after the node groups are back",
        "# by hand",
    ]
