"""Turns an object of one served version into another version of the same resource.

Nearly all kinds keep one shape across the versions that Kubernetes 1.25 and later serve, so their
conversion rewrites `apiVersion`; those that changed shape have a pair of functions here. Custom
resources convert the same way (strategy None); a conversion webhook has no process in a simulation,
so its versions are only relabelled too, and rehearsals label such steps "not modelled".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.json import decode as decode_any

from seatrial.cluster.objects import Obj
from seatrial.simulator.store import encode
from seatrial.simulator.surface import Served


def convert(obj: Obj, target: Served) -> Obj:
    """`obj` in `target`'s version; the same dict, changed in place."""
    api_version = obj.get("apiVersion")
    wanted = target.gvr.api_version
    if api_version == wanted:
        return obj
    step = _STEPS.get((str(api_version), wanted, target.kind))
    if step is not None:
        step(obj)
    obj["apiVersion"] = wanted
    return obj


def _rename(obj: Obj, *pairs: tuple[str, str]) -> None:
    for old, new in pairs:
        if old in obj:
            obj[new] = obj.pop(old)


_EVENT_FIELDS = (
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
)


def _event_to_new(obj: Obj) -> None:
    _rename(obj, *_EVENT_FIELDS)


def _event_to_core(obj: Obj) -> None:
    _rename(obj, *((new, old) for old, new in _EVENT_FIELDS))


_METRICS = "autoscaling.alpha.kubernetes.io/metrics"
_BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"


def _autoscaler_to_v1(obj: Obj) -> None:
    """CPU's target is a field in v1; what else v2 says travels in annotations, as upstream does.

    The annotations hold v2's own JSON (upstream writes a third shape there).
    """
    spec = obj.get("spec") or {}
    annotations = obj["metadata"].get("annotations") or {}
    rest = []
    for metric in spec.pop("metrics", None) or ():
        target = _cpu_target(metric)
        if target is not None and "targetCPUUtilizationPercentage" not in spec:
            spec["targetCPUUtilizationPercentage"] = target
        else:
            rest.append(metric)
    if rest:
        annotations[_METRICS] = encode(rest).decode()
    if behavior := spec.pop("behavior", None):
        annotations[_BEHAVIOR] = encode(behavior).decode()
    if annotations:
        obj["metadata"]["annotations"] = annotations
    status = obj.get("status") or {}
    status.pop("conditions", None)
    for metric in status.pop("currentMetrics", None) or ():
        current = (metric.get("resource") or {}).get("current") or {}
        if (metric.get("resource") or {}).get("name") == "cpu" and "averageUtilization" in current:
            status["currentCPUUtilizationPercentage"] = current["averageUtilization"]


def _autoscaler_to_v2(obj: Obj) -> None:
    spec = obj.get("spec") or {}
    annotations = obj["metadata"].get("annotations") or {}
    metrics = []
    percentage = spec.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    metrics += decode_any(annotations.pop(_METRICS, "[]"))
    if metrics:
        spec["metrics"] = metrics
    if _BEHAVIOR in annotations:
        spec["behavior"] = decode_any(annotations.pop(_BEHAVIOR))
    (obj.get("status") or {}).pop("currentCPUUtilizationPercentage", None)


def _cpu_target(metric: dict[str, Any]) -> int | None:
    resource = metric.get("resource") or {}
    target: int | None = (resource.get("target") or {}).get("averageUtilization")
    return target if resource.get("name") == "cpu" else None


_STEPS: dict[tuple[str, str, str], Callable[[Obj], None]] = {
    ("v1", "events.k8s.io/v1", "Event"): _event_to_new,
    ("events.k8s.io/v1", "v1", "Event"): _event_to_core,
    ("autoscaling/v2", "autoscaling/v1", "HorizontalPodAutoscaler"): _autoscaler_to_v1,
    ("autoscaling/v1", "autoscaling/v2", "HorizontalPodAutoscaler"): _autoscaler_to_v2,
}
