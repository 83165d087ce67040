"""Which managed services can take a control plane back to the minor it came from, and for how long."""

from __future__ import annotations

from functools import cache

import msgspec

from seatrial.catalog.tables import read_table


class WayBack(msgspec.Struct, frozen=True):
    provider: str
    days: int | None
    """After the upgrade; None: as long as the upgrade was told to soak."""
    how: str
    keeps: str
    source: str


def way_back(provider: str) -> WayBack | None:
    """None: there is none, or we know of none."""
    return _all().get(provider)


@cache
def _all() -> dict[str, WayBack]:
    return {
        row["provider"]: WayBack(
            provider=row["provider"],
            days=int(row["days"]) if row["days"] else None,
            how=row["how"],
            keeps=row["keeps"],
            source=row["source"],
        )
        for row in read_table("provider-rollback").rows
    }
