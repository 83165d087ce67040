"""Disruption budgets that operators make, and put back when somebody changes them.

Some allow no eviction as long as all is well, so that a drain waits for the operator; what matters is whether
it moves the pod itself. Others are ordinary unless their custom resource asks for more.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table


class LeavesBy(StrEnum):
    """Who gets the guarded pod off a node that is drained."""

    OPERATOR = "operator"
    DRAIN_CLEANER = "drain-cleaner"
    """A program of its own that has to be installed."""
    EVICTION = "eviction"
    """The drain, as far as the budget lets it: the operator does not look at nodes."""


class OperatorBudget(msgspec.Struct, frozen=True):
    operator: str
    selects: tuple[tuple[str, str], ...]
    """Labels that the budget's selector asks for; an empty value stands for any."""
    cluster_label: str
    """What the pods of one database have in common, or nothing."""
    leaves_by: LeavesBy
    fix: str
    source: str

    def is_for(self, match_labels: Mapping[str, str]) -> bool:
        return all(
            key in match_labels and (not value or match_labels[key] == value) for key, value in self.selects
        )


@cache
def operator_budgets() -> tuple[OperatorBudget, ...]:
    return tuple(
        OperatorBudget(
            operator=row["operator"],
            selects=tuple(_label(each) for each in row["selects"].split(",")),
            cluster_label=row["cluster_label"],
            leaves_by=LeavesBy(row["leaves_by"]),
            fix=row["fix"],
            source=row["source"],
        )
        for row in read_table("operator-budgets").rows
    )


def _label(written: str) -> tuple[str, str]:
    key, _, value = written.partition("=")
    return key, value
