"""Requests that Kubernetes itself depends on: what admission should keep out of."""

from __future__ import annotations

from functools import cache

import msgspec

from seatrial.catalog.tables import read_table


class SystemRequest(msgspec.Struct, frozen=True):
    group: str
    resource: str
    """With its subresource: "nodes/status"."""
    namespace: str
    """Empty for what belongs to no namespace."""
    operations: tuple[str, ...]
    labels_of: str
    """Whose labels an object selector sees: "pods", "nodes", or "none"."""
    is_essential: bool
    """Without it nodes are lost or the control plane does not start; the others can wait a minute."""
    why: str
    source: str


@cache
def system_requests() -> tuple[SystemRequest, ...]:
    return tuple(
        SystemRequest(
            group=row["group"],
            resource=row["resource"],
            namespace=row["namespace"],
            operations=tuple(row["operations"].split(",")),
            labels_of=row["labels_of"],
            is_essential=row["essential"] == "yes",
            why=row["why"],
            source=row["source"],
        )
        for row in read_table("system-requests").rows
    )
