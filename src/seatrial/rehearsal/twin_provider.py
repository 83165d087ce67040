"""Which managed service the twin imitates, and what of it is unknown."""

from __future__ import annotations

from seatrial.cluster.models import Node
from seatrial.cluster.snapshot import Snapshot
from seatrial.providers.protocol import Capabilities
from seatrial.providers.simulated import FLAVOURS, Flavour, Timings
from seatrial.rehearsal.report import NotModelled

_UNKNOWN = Flavour(
    Capabilities(
        kind="simulated",
        idempotency_tokens=False,
        drain_limit=None,
        forces_after_drain_limit=False,
        node_image_upgrades=True,
        control_plane_rollback=False,
        max_node_group_skew=3,
    ),
    Timings(control_plane=600.0, node_boot=120.0),
    node_group_label="node.seatrial.dev/pool",
    cancellable=frozenset(),
    eviction_failure="the drain did not end",
)
"""For clusters of which no provider is known: it waits for a drain as long as `kubectl drain` would."""


def flavour_of(snapshot: Snapshot) -> tuple[Flavour, tuple[NotModelled, ...]]:
    """By the provider's own word, else by the labels that it puts on nodes."""
    kind = snapshot.provider.kind if snapshot.provider else _kind_by_labels(snapshot)
    found = FLAVOURS.get(kind)
    if snapshot.provider is not None and found is not None:
        return found, ()
    missing = NotModelled(
        "provider",
        "the snapshot holds no node groups: its node groups are not upgraded here."
        if snapshot.provider is None
        else f"limits and durations of {kind!r} are unknown: a drain may take as long as it likes.",
    )
    return found or _UNKNOWN, (missing,)


def _kind_by_labels(snapshot: Snapshot) -> str:
    labels = {label for node in snapshot.read(Node) for label in node.labels}
    return next((kind for kind, each in FLAVOURS.items() if each.node_group_label in labels), "")
