"""The newest Kubernetes that each Karpenter (the AWS provider) accepts; it says so in its code.

The published matrix names minors of Karpenter, but patches differ: 1.6.0 to 1.6.5 refuse 1.34.
"""

from __future__ import annotations

from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.version import Minor, Version


class KarpenterLine(msgspec.Struct, frozen=True):
    first: Version
    newest: Minor
    source: str


@cache
def karpenter_lines() -> tuple[KarpenterLine, ...]:
    """By version; each holds up to the next."""
    return tuple(
        KarpenterLine(Version.parse(row["from_version"]), Minor.parse(row["max_kubernetes"]), row["source"])
        for row in read_table("karpenter-versions").rows
    )


def karpenter_line(version: Version) -> KarpenterLine | None:
    """None for versions from before the table."""
    return next((line for line in reversed(karpenter_lines()) if line.first <= version), None)


def first_karpenter_for(minor: Minor) -> Version | None:
    """The first from which on every version accepts the minor; None: none is known."""
    found: Version | None = None
    for line in karpenter_lines():
        if line.newest < minor:
            found = None
        elif found is None:
            found = line.first
    return found
