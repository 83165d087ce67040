"""Labels of nodes that Kubernetes renamed: old selectors wait for nodes that no longer get them."""

from __future__ import annotations

from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.version import Minor


class LegacyLabel(msgspec.Struct, frozen=True):
    key: str
    replacement: str
    since: Minor
    what: str
    source: str


@cache
def legacy_labels() -> dict[str, LegacyLabel]:
    """By their old key."""
    return {
        row["label"]: LegacyLabel(
            row["label"], row["replacement"], Minor.parse(row["since"]), row["what"], row["source"]
        )
        for row in read_table("legacy-labels").rows
    }


@cache
def label_names() -> frozenset[str]:
    """Old and new keys."""
    return frozenset(legacy_labels()) | {each.replacement for each in legacy_labels().values()}
