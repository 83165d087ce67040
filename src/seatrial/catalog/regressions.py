"""Bugs that a minor brought along, and the patch that took them away."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.version import Minor, Version


class Concerns(StrEnum):
    """What a cluster must have to notice."""

    ANY = "any"
    STATEFUL_SETS = "stateful-sets"
    PARALLEL_STATEFUL_SETS = "parallel-stateful-sets"
    SUSPENDED_JOBS = "suspended-jobs"
    IPVS = "ipvs"


class Regression(msgspec.Struct, frozen=True):
    minor: Minor
    fixed: Version
    concerns: Concerns
    what: str
    source: str


@cache
def regressions() -> tuple[Regression, ...]:
    return tuple(
        Regression(
            minor=Minor.parse(row["minor"]),
            fixed=Version.parse(row["fixed"]),
            concerns=Concerns(row["concerns"]),
            what=row["what"],
            source=row["source"],
        )
        for row in read_table("known-regressions").rows
    )
