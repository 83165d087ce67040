"""In which minor a behaviour changes that no API version tells of: what checks of one feature each ask."""

from __future__ import annotations

from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.version import Minor


class TurningPoint(msgspec.Struct, frozen=True):
    id: str
    minor: Minor
    """The first in which it is so."""
    what: str
    source: str

    def reached_by(self, target: Minor) -> bool:
        return target >= self.minor


def turning_point(id: str) -> TurningPoint:
    """The fact of this id; a check asks only for ids that the table has."""
    return _all()[id]


def turning_points() -> tuple[TurningPoint, ...]:
    return tuple(_all().values())


@cache
def _all() -> dict[str, TurningPoint]:
    return {
        row["id"]: TurningPoint(row["id"], Minor.parse(row["minor"]), row["what"], row["source"])
        for row in read_table("turning-points").rows
    }
