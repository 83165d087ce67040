"""Node images that providers no longer build, and systems that start with cgroup v1.

Known by `status.nodeInfo.osImage` of nodes, which is PRETTY_NAME of their /etc/os-release.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.version import Minor


class NodeImage(msgspec.Struct, frozen=True):
    pattern: str
    """A regular expression for the whole of osImage."""
    provider: str
    """Whose image; "" where it does not matter."""
    no_image_from: Minor | None
    """The first minor for which the provider has none."""
    ended: date | None
    """When the provider stopped building or offering it."""
    has_cgroup_v1: bool
    """Unless somebody changed how it boots."""
    what: str
    source: str

    def matches(self, os_image: str) -> bool:
        return re.fullmatch(self.pattern, os_image) is not None


@cache
def node_images() -> tuple[NodeImage, ...]:
    return tuple(
        NodeImage(
            pattern=row["os_image"],
            provider=row["provider"],
            no_image_from=Minor.parse(row["no_image_from"]) if row["no_image_from"] else None,
            ended=date.fromisoformat(row["ended"]) if row["ended"] else None,
            has_cgroup_v1=row["cgroup_v1"] == "yes",
            what=row["what"],
            source=row["source"],
        )
        for row in read_table("node-images").rows
    )
