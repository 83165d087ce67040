"""What all workload controllers do with pods: make one from a template, and judge the ones there are."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from hashlib import blake2b
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import PODS
from seatrial.simulator.controllers.plane import Plane, being_deleted, owner_reference, parse_time
from seatrial.simulator.store import encode

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes' own: no vowels, nothing that reads alike


def create_pod(
    plane: Plane,
    owner: Obj,
    owner_api: str,
    owner_kind: str,
    template: Mapping[str, Any],
    *,
    name: str = "",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    spec: Mapping[str, Any] | None = None,
) -> Obj:
    """Create a pod of the template under its owner; raises `ApiError` when it is refused."""
    namespace = owner["metadata"]["namespace"]
    refused = plane.faults.refuse_pod(namespace)
    if refused is not None:
        raise refused
    template_meta = template.get("metadata") or {}
    meta: dict[str, Any] = {
        "namespace": namespace,
        "labels": {**(template_meta.get("labels") or {}), **(labels or {})},
        "annotations": {**(template_meta.get("annotations") or {}), **(annotations or {})},
        "ownerReferences": [owner_reference(owner, owner_api, owner_kind)],
    }
    if template_meta.get("finalizers"):
        meta["finalizers"] = list(template_meta["finalizers"])
    if name:
        meta["name"] = name
    else:
        meta["generateName"] = f"{owner['metadata']['name']}-"
    pod: Obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {key: value for key, value in meta.items() if value},
        "spec": {**deepcopy(dict(template.get("spec") or {})), **(spec or {})},
        "status": {"phase": "Pending"},
    }
    return plane.verbs.create(PODS, pod)


def pods_of(plane: Plane, owner: Obj) -> list[Obj]:
    """The pods that the owner controls, by name. Shared: do not change them."""
    return plane.owned(owner["metadata"]["uid"], PODS)


def is_finished(pod: Obj) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Obj) -> bool:
    """Counts for its controller: neither finished nor on its way out."""
    return not is_finished(pod) and not being_deleted(pod)


def condition(obj: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    for found in (obj.get("status") or {}).get("conditions") or ():
        if found.get("type") == kind:
            return dict(found)
    return None


def is_ready(pod: Obj) -> bool:
    ready = condition(pod, "Ready")
    return ready is not None and ready.get("status") == "True"


def seconds_until_available(pod: Obj, min_ready: int, now: datetime) -> float | None:
    """0 when it is available, None when it is not even ready."""
    ready = condition(pod, "Ready")
    if ready is None or ready.get("status") != "True":
        return None
    since = ready.get("lastTransitionTime")
    if not min_ready or not since:
        return 0.0
    return max(0.0, min_ready - (now - parse_time(since)).total_seconds())


def with_condition(
    conditions: list[dict[str, Any]],
    kind: str,
    status: str,
    now: str,
    reason: str = "",
    message: str = "",
    *,
    touch: bool = False,
    **extra: Any,
) -> list[dict[str, Any]]:
    """The conditions with one set; its transition time moves only when its status does.

    `touch` also moves `lastUpdateTime` (Deployments have one).
    """
    found = next((c for c in conditions if c.get("type") == kind), None)
    new: dict[str, Any] = {"type": kind, "status": status, **extra}
    if reason:
        new["reason"] = reason
    if message:
        new["message"] = message
    same = found is not None and found.get("status") == status
    new["lastTransitionTime"] = found["lastTransitionTime"] if found and same else now
    if found and "lastUpdateTime" in found and not touch and same:
        new["lastUpdateTime"] = found["lastUpdateTime"]
    elif touch or (found and "lastUpdateTime" in found):
        new["lastUpdateTime"] = now
    if found is None:
        return [*conditions, new]
    return [new if c is found else c for c in conditions]


def without_condition(conditions: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [c for c in conditions if c.get("type") != kind]


def template_hash(template: Mapping[str, Any], salt: str = "") -> str:
    """Ten letters that name a revision of a template: equal templates get equal ones."""
    digest = blake2b(encode(_sorted(template)) + salt.encode(), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(10):
        number, at = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[at])
    return "".join(letters)


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
