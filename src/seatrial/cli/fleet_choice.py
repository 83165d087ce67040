"""Which clusters of a fleet file a command is about: those named, those with some labels, or all."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.cluster.selectors import matches_all, parse_selector
from seatrial.errors import BadInput
from seatrial.fleet.model import ClusterSpec, Fleet
from seatrial.fleet.resolve import find_cluster


def chosen_clusters(fleet: Fleet, names: Sequence[str], selector: str) -> tuple[ClusterSpec, ...]:
    """In the order of the file; raise `NotFound` for a name that it has not, `BadInput` for none at all."""
    wanted = parse_selector(selector)
    asked = {find_cluster(fleet, each).name for each in names}
    chosen = tuple(
        each
        for each in fleet.clusters
        if (not asked or each.name in asked) and matches_all(wanted, each.selectable)
    )
    if not chosen:
        raise BadInput(
            f"no cluster of the fleet file has the labels {selector!r}.",
            next_step="`seatrial fleet show FILE` lists the labels of each.",
        )
    return chosen
