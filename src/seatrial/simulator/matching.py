"""Which labels a selector of a stored object matches: label selectors, node selector terms, tolerations.

These read the JSON as it is stored, because the simulator matches far more often than it parses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Labels = Mapping[str, str]
_NOTHING: Labels = {}


def labels_match(selector: Mapping[str, Any] | None, labels: Labels | None) -> bool:
    """Does a `LabelSelector` match? An empty selector matches everything, a missing one nothing."""
    if selector is None:
        return False
    labels = labels or _NOTHING
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions") or ())


def map_matches(selector: Labels | None, labels: Labels | None) -> bool:
    """Does a plain map (a Service's `selector`, a pod's `nodeSelector`) match? An empty one always does."""
    labels = labels or _NOTHING
    return all(labels.get(key) == value for key, value in (selector or {}).items())


def node_selector_matches(selector: Mapping[str, Any], name: str, labels: Labels) -> bool:
    """Does a `NodeSelector` match the node? Its terms are alternatives; an empty term matches nothing."""
    return any(node_term_matches(term, name, labels) for term in selector.get("nodeSelectorTerms") or ())


def node_term_matches(term: Mapping[str, Any], name: str, labels: Labels) -> bool:
    expressions: Sequence[Mapping[str, Any]] = term.get("matchExpressions") or ()
    fields: Sequence[Mapping[str, Any]] = term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    return all(_holds(e, labels) for e in expressions) and all(
        _holds(f, {"metadata.name": name}) for f in fields
    )


def untolerated_taint(
    taints: Iterable[Mapping[str, Any]],
    tolerations: Sequence[Mapping[str, Any]],
    effects: tuple[str, ...] = ("NoSchedule", "NoExecute"),
) -> Mapping[str, Any] | None:
    """The first taint with one of the effects that nothing tolerates."""
    for taint in taints:
        if taint.get("effect") in effects and not any(_tolerates(t, taint) for t in tolerations):
            return taint
    return None


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    effect = toleration.get("effect")
    if effect and effect != taint.get("effect"):
        return False
    key = toleration.get("key")
    if key and key != taint.get("key"):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(key) and (toleration.get("value") or "") == (taint.get("value") or "")


def _holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    key = expression.get("key", "")
    values = expression.get("values") or ()
    value = labels.get(key)
    match expression.get("operator"):
        case "In":
            return value is not None and value in values
        case "NotIn":
            return value is None or value not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case "Gt":
            return _numbers(value, values, lambda a, b: a > b)
        case "Lt":
            return _numbers(value, values, lambda a, b: a < b)
        case _:
            return False


def _numbers(value: str | None, values: Sequence[str], compare: Any) -> bool:
    try:
        return value is not None and len(values) == 1 and bool(compare(int(value), int(values[0])))
    except ValueError:
        return False
