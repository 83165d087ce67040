"""Words that Kubernetes itself made public stay in clear wherever they stand: they tell no secret.

Labels that were renamed, old and new, so that a check finds them in any custom resource; and of a PromQL
expression the metrics that changed, and nothing else of it.
"""

from __future__ import annotations

from typing import Any

from seatrial.capture.tokens import Tokens
from seatrial.catalog.labels import label_names
from seatrial.catalog.metric_changes import words_of, words_that_matter
from seatrial.cluster.objects import GroupKind, Obj

PROMETHEUS_RULE = GroupKind("monitoring.coreos.com", "PrometheusRule")


def is_public(value: str) -> bool:
    return value in label_names()


def keep_metrics(source: Obj, clean: Obj, tokens: Tokens) -> None:
    """Put into `clean` what may stay of the expressions of a PrometheusRule."""
    for group, clean_group in _pairs(source.get("spec"), clean.get("spec"), "groups"):
        for rule, clean_rule in _pairs(group, clean_group, "rules"):
            if "expr" in rule:
                text = str(rule["expr"])
                kept = words_of(text) & words_that_matter()
                clean_rule["expr"] = " ".join(sorted(kept)) if kept else tokens.of(text)


def _pairs(source: Any, clean: Any, key: str) -> list[tuple[Obj, Obj]]:
    ours = source.get(key) if isinstance(source, dict) else None
    theirs = clean.get(key) if isinstance(clean, dict) else None
    if not isinstance(ours, list) or not isinstance(theirs, list):
        return []
    return [
        (one, other)
        for one, other in zip(ours, theirs, strict=True)
        if isinstance(one, dict) and isinstance(other, dict)
    ]
