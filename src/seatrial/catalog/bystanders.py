"""Callers of deprecated APIs that an upgrade does not hurt: they take what the server offers."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table


class Bystander(msgspec.Struct, frozen=True):
    """A pattern of callers (`*` stands for any text)."""

    user: str
    user_agent: str
    verbs: frozenset[str]
    """It is harmless as long as it does nothing else; empty: whatever it does."""
    who: str
    why: str
    source: str

    def matches(self, user: str, user_agent: str, verbs: Iterable[str]) -> bool:
        return (
            fnmatchcase(user, self.user)
            and fnmatchcase(user_agent, self.user_agent)
            and (not self.verbs or self.verbs.issuperset(verbs))
        )


@cache
def bystanders() -> tuple[Bystander, ...]:
    """The facts that ship with this Seatrial."""
    return tuple(
        Bystander(
            user=row["user"],
            user_agent=row["user_agent"],
            verbs=frozenset(row["verbs"].split(",")) if row["verbs"] else frozenset(),
            who=row["who"],
            why=row["why"],
            source=row["source"],
        )
        for row in read_table("bystanders").rows
    )
