"""Which minors of Kubernetes a version of a well-known add-on goes with, as its own project says.

A version that no row speaks of is unknown, and so is a bound that a row leaves empty: nothing is guessed.
Only this much is sure: a version older than all rows goes no further up than the first of them.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache, lru_cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.constraints import Constraint, SemVer
from seatrial.cluster.version import Minor


class Outside(StrEnum):
    """What the project says of minors that it does not list."""

    UNSUPPORTED = "unsupported"
    UNTESTED = "untested"


class Compatibility(msgspec.Struct, frozen=True):
    component: str
    images: tuple[str, ...]
    """Ends of image repositories, whatever the registry; their tag is the component's version."""
    versions: str
    """A constraint on the component's version."""
    oldest: Minor | None
    newest: Minor | None
    outside: Outside
    source: str

    def speaks_of(self, version: SemVer) -> bool:
        return Constraint.parse(self.versions).allows(version)

    @property
    def first(self) -> SemVer | None:
        """The oldest version that the row speaks of; None where it speaks of all before another."""
        return SemVer.parse(self.versions[1:]) if self.versions.startswith("~") else None

    def covers(self, minor: Minor) -> bool:
        return (self.oldest is None or minor >= self.oldest) and (self.newest is None or minor <= self.newest)

    @property
    def range(self) -> str:
        if self.oldest is not None and self.newest is not None:
            return f"{self.oldest} to {self.newest}"
        return f"up to {self.newest}" if self.oldest is None else f"from {self.oldest}"


@cache
def addon_compatibility() -> tuple[Compatibility, ...]:
    return tuple(
        Compatibility(
            component=row["component"],
            images=tuple(row["images"].split(";")),
            versions=row["versions"],
            oldest=_minor(row["min_kubernetes"]),
            newest=_minor(row["max_kubernetes"]),
            outside=Outside(row["outside"]),
            source=row["source"],
        )
        for row in read_table("addon-compatibility").rows
    )


@lru_cache(maxsize=4096)
def rows_of(repository: str) -> tuple[Compatibility, ...]:
    """Of the component that this image repository is a build of, whatever mirror it comes from."""
    ends = _by_image()
    if not repository.endswith(tuple(ends)):
        return ()
    for end, rows in ends.items():
        if repository.endswith(end) and repository[: -len(end)][-1:] in ("", "/"):
            return rows
    return ()


@cache
def _by_image() -> dict[str, tuple[Compatibility, ...]]:
    ends = {end for row in addon_compatibility() for end in row.images}
    return {end: tuple(row for row in addon_compatibility() if end in row.images) for end in sorted(ends)}


def oldest_after(rows: tuple[Compatibility, ...], version: SemVer) -> Compatibility | None:
    """The row of the oldest version, where this one is older still: it goes no further up than that one."""
    firsts = [(first.triple, row) for row in rows if (first := row.first) is not None]
    if len(firsts) < len(rows) or not firsts:
        return None
    oldest, row = min(firsts, key=lambda each: each[0])
    return row if version.triple < oldest else None


def newer_that_covers(component: str, minor: Minor) -> str:
    """The constraint of the newest row of this component that covers the minor; "" if none does."""
    found = [
        each.versions for each in addon_compatibility() if each.component == component and each.covers(minor)
    ]
    return found[-1] if found else ""


def _minor(text: str) -> Minor | None:
    return Minor.parse(text) if text else None
