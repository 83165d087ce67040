"""The scale subresource: one small object over whatever field holds a kind's count of replicas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator import writing
from seatrial.simulator.call import Call
from seatrial.simulator.conversion import convert
from seatrial.simulator.machinery import Machinery
from seatrial.simulator.status import conflict, not_found
from seatrial.simulator.store import ResourceKey, decode, encode
from seatrial.simulator.surface import Served


def read_scale(api: Machinery, served: Served, namespace: str, name: str) -> Obj:
    obj = _object(api, served.key, namespace, name)
    return _scale_of(api, served, convert(obj, served))


def change_scale(
    api: Machinery, served: Served, namespace: str, name: str, change: Callable[[Obj], Obj], call: Call
) -> Obj:
    """Let `change` make the wanted Scale from the present one (an update ignores it, a patch edits it)."""
    old = _object(api, served.key, namespace, name)
    current = convert(decode(encode(old)), served)
    scale = change(_scale_of(api, served, current))
    version = (scale.get("metadata") or {}).get("resourceVersion")
    if version and version != old["metadata"]["resourceVersion"]:
        raise conflict(served.key, name)
    _set(current, _paths(api, served)[0], int((scale.get("spec") or {}).get("replicas") or 0))
    written = writing.replace(api, served, old, current, call, "scale")
    return _scale_of(api, served, written)


def _object(api: Machinery, key: ResourceKey, namespace: str, name: str) -> Obj:
    obj = api.store.get(key, namespace, name)
    if obj is None:
        raise not_found(key, name)
    return obj


def _scale_of(api: Machinery, served: Served, obj: Obj) -> Obj:
    wanted, actual, selector = _paths(api, served)
    meta = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: dict[str, Any] = {"replicas": _at(obj, actual) or 0}
    text = _selector_text(_at(obj, selector)) if selector else ""
    if text:
        status["selector"] = text
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: meta[name] for name in kept if name in meta},
        "spec": {"replicas": _at(obj, wanted) or 0},
        "status": status,
    }


def _paths(api: Machinery, served: Served) -> tuple[list[str], list[str], list[str]]:
    custom = api.definitions.custom(served)
    if custom is None or custom.scale is None:
        return ["spec", "replicas"], ["status", "replicas"], ["spec", "selector"]
    scale = custom.scale
    wanted, actual, selector = (
        (scale.get(name) or "").lstrip(".").split(".")
        for name in ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
    )
    return wanted, actual, [] if selector == [""] else selector


def _at(obj: Any, path: list[str]) -> Any:
    for step in path:
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _set(obj: Obj, path: list[str], value: int) -> None:
    for step in path[:-1]:
        obj = obj.setdefault(step, {})
    obj[path[-1]] = value


def _selector_text(selector: Any) -> str:
    if isinstance(selector, str):
        return selector
    if not isinstance(selector, dict):
        return ""
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return ",".join(f"{name}={value}" for name, value in sorted(selector.items()))
    parts = [f"{name}={value}" for name, value in sorted((selector.get("matchLabels") or {}).items())]
    for one in selector.get("matchExpressions") or ():
        match one["operator"]:
            case "Exists":
                parts.append(one["key"])
            case "DoesNotExist":
                parts.append(f"!{one['key']}")
            case operator:
                parts.append(f"{one['key']} {operator.lower()} ({','.join(sorted(one.get('values') or ()))})")
    return ",".join(parts)
