"""HorizontalPodAutoscaler to v2: every metric says its target in the same form.

Source: pkg/apis/autoscaling/v2beta1/conversion.go of Kubernetes 1.24; autoscaling/v2 API reference.
"""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part, parts


def horizontal_pod_autoscaler(obj: Obj, notes: Notes) -> None:
    """From v2beta1, and v2alpha1 before it."""
    for metric in parts(obj, "spec", "metrics"):
        kind = metric.get("type")
        match kind:
            case "Resource":
                _targeted(part(metric, "resource"), kind, utilization=True)
            case "ContainerResource":
                _targeted(part(metric, "containerResource"), kind, utilization=True)
            case "Pods":
                _named(part(metric, "pods"), "selector")
                _targeted(part(metric, "pods"), kind)
            case "Object":
                _object(part(metric, "object"), notes)
            case "External":
                _named(part(metric, "external"), "metricSelector")
                _targeted(part(metric, "external"), kind)
            case _:
                raise ByHand(f"the metric type {kind!r} is not known")


def _object(source: Obj, notes: Notes) -> None:
    if "describedObject" in source:
        return
    described = source.get("target")
    items = list(source.items())
    source.clear()
    for key, value in items:
        source["describedObject" if key == "target" else key] = value
    if not isinstance(described, dict):
        raise ByHand("an Object metric names no target object")
    _named(source, "selector")
    if "averageValue" in source:
        if source.pop("targetValue", None) is not None:
            notes("An Object metric with averageValue never used its targetValue: it is left out.")
        source["target"] = {"type": "AverageValue", "averageValue": source.pop("averageValue")}
    elif "targetValue" in source:
        _replace(source, "targetValue", {"type": "Value", "value": source["targetValue"]})
    else:
        raise ByHand("an Object metric has no target value")


def _named(source: Obj, selector: str) -> None:
    """metricName and its selector become `metric`."""
    if "metric" in source:
        return
    if not source.get("metricName"):
        raise ByHand("a metric has no name")
    metric: Obj = {"name": source["metricName"]}
    if source.get(selector) is not None:
        metric["selector"] = source[selector]
    source.pop(selector, None)
    _replace(source, "metricName", metric, "metric")


def _targeted(source: Obj, kind: str, *, utilization: bool = False) -> None:
    if isinstance(source.get("target"), dict) and "type" in source["target"]:
        return
    forms = {
        "targetAverageUtilization": ("Utilization", "averageUtilization"),
        "targetAverageValue": ("AverageValue", "averageValue"),
        "targetValue": ("Value", "value"),
    }
    if not utilization:
        del forms["targetAverageUtilization"]
    given = [form for form in forms if source.get(form) is not None]
    if len(given) != 1:
        raise ByHand(f"a metric of type {kind} has {len(given)} targets where it needs one")
    type_, field = forms[given[0]]
    _replace(source, given[0], {"type": type_, field: source[given[0]]})


def _replace(source: Obj, key: str, value: Any, name: str = "target") -> None:
    items = list(source.items())
    source.clear()
    for each, old in items:
        if each == key:
            source[name] = value
        else:
            source[each] = old
