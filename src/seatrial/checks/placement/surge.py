"""How many nodes an upgrade adds to each node group at a time, as the provider's state has it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from seatrial.checks.check import Context
from seatrial.checks.placement.needs import amount
from seatrial.cluster.models import Node
from seatrial.cluster.node_groups import membership
from seatrial.cluster.provider_state import NodeGroup

_GIB = 2**30


class Surge(msgspec.Struct, frozen=True):
    group: NodeGroup
    nodes: tuple[Node, ...]
    """Those that it has now."""

    @property
    def added(self) -> int:
        return min(self.group.max_surge, self.group.size)

    @property
    def must_come_first(self) -> bool:
        """It may not do without: no node goes before one has come."""
        return self.group.max_unavailable == 0

    def takes(self, counts: str) -> float | None:
        """What the added nodes draw from a quota that counts this; None: the nodes do not tell."""
        if counts in ("nodes", "addresses"):
            return self.added
        resource = {"cpu": "cpu", "disk-gib": "ephemeral-storage"}.get(counts)
        sizes = [
            amount(resource, node.status.capacity[resource])
            for node in self.nodes
            if resource is not None and resource in node.status.capacity
        ]
        if not sizes:
            return None
        return self.added * max(sizes) / (1000 if resource == "cpu" else _GIB)


def surges(context: Context) -> Iterator[Surge]:
    """Of the groups that add nodes and have any to replace."""
    provider = context.snapshot.provider
    if provider is None:
        return
    nodes: dict[str, list[Node]] = {}
    for node in context.read(Node):
        nodes.setdefault(membership(node.labels).group, []).append(node)
    for group in provider.node_groups:
        if group.max_surge > 0 and group.size > 0:
            yield Surge(group, tuple(nodes.get(group.name, ())))
