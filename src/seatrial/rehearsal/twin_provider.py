"""Which managed service the twin imitates, and what of it is unknown."""

from __future__ import annotations

from seatrial.cluster.models import Node
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.snapshot import Snapshot
from seatrial.providers.protocol import Capabilities
from seatrial.providers.simulated import FLAVOURS, Flavour, Timings
from seatrial.rehearsal.derived_provider import derive_provider
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


def flavour_of(snapshot: Snapshot) -> tuple[Flavour, ProviderState, tuple[NotModelled, ...]]:
    """The service to imitate, its state, and what of both is a guess."""
    asked = snapshot.provider if snapshot.provider and snapshot.provider.complete else None
    state = asked or derive_provider(snapshot)
    flavour = FLAVOURS.get(state.kind, _UNKNOWN)
    unknown = []
    if asked is None:
        unknown.append(
            "it could not be asked: node groups were read off the labels of nodes, and how many nodes it"
            " replaces at a time is its default."
            if snapshot.provider is None
            else "it could not be asked: what files of its command line do not tell was read off the"
            " labels of nodes."
        )
        alone = len(snapshot.read(Node)) - sum(group.size for group in state.node_groups)
        if alone:
            unknown.append(
                f"{alone} nodes belong to no node group by their labels: they are not upgraded here."
            )
    if flavour is _UNKNOWN:
        unknown.append(
            f"limits and durations of {state.kind!r} are unknown: a drain may take as long as it likes."
        )
    return flavour, state, tuple(NotModelled("provider", why) for why in unknown)
