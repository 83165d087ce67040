"""Metrics of Kubernetes' components that were renamed, lost a label, or went."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.version import Minor


class MetricChange(msgspec.Struct, frozen=True):
    metric: str
    label: str
    """The label that went; "" where the metric itself did."""
    deprecated: Minor | None
    gone: Minor | None
    """The first minor that does not expose it by default; None where we know of a deprecation only."""
    replacement: str
    source: str

    def is_used_in(self, words: frozenset[str]) -> bool:
        names = {f"{self.metric}{suffix}" for suffix in ("", "_bucket", "_sum", "_count")}
        return not names.isdisjoint(words) and (not self.label or self.label in words)


_WORD = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


def words_of(expression: str) -> frozenset[str]:
    """Names of metrics, labels and functions in a PromQL expression, and words of its strings too."""
    return frozenset(_WORD.findall(expression))


@cache
def metric_changes() -> tuple[MetricChange, ...]:
    return tuple(
        MetricChange(
            metric=row["metric"],
            label=row["label"],
            deprecated=Minor.parse(row["deprecated"]) if row["deprecated"] else None,
            gone=Minor.parse(row["gone"]) if row["gone"] else None,
            replacement=row["replacement"],
            source=row["source"],
        )
        for row in read_table("metric-changes").rows
    )


@cache
def words_that_matter() -> frozenset[str]:
    """All names in the table: what of an expression is worth keeping to ask it again later."""
    metrics = {each.metric for each in metric_changes()}
    histograms = {f"{metric}{suffix}" for metric in metrics for suffix in ("_bucket", "_sum", "_count")}
    return frozenset(metrics | histograms | {each.label for each in metric_changes() if each.label})
