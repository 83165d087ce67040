"""Volume types that were built into Kubernetes: which CSI driver took them over, or when they went."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.version import Minor


class InTreeVolume(msgspec.Struct, frozen=True):
    field: str
    """Of a volume: "awsElasticBlockStore"."""
    provisioner: str
    """Of a StorageClass; "" where it never had one."""
    csi_driver: str
    """All that happens to such a volume is redirected to it; "" where nothing took it over."""
    redirected: Minor | None
    removed: Minor | None
    source: str

    @property
    def attribute(self) -> str:
        """The field as our types write it."""
        return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", self.field)

    def needs_driver(self, target: Minor) -> bool:
        return self.redirected is not None and target >= self.redirected

    def is_gone(self, target: Minor) -> bool:
        return self.removed is not None and target >= self.removed


@cache
def in_tree_volumes() -> tuple[InTreeVolume, ...]:
    return tuple(
        InTreeVolume(
            field=row["field"],
            provisioner=row["provisioner"],
            csi_driver=row["csi_driver"],
            redirected=Minor.parse(row["redirected"]) if row["redirected"] else None,
            removed=Minor.parse(row["removed"]) if row["removed"] else None,
            source=row["source"],
        )
        for row in read_table("in-tree-volumes").rows
    )
