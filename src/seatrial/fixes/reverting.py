"""Who would take a change back: a Git sync, the object that controls it, an autoscaler of its replicas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from seatrial.cluster.models.metadata import AnyObject, Metadata, decode
from seatrial.cluster.objects import GroupKind, Obj, ObjectRef
from seatrial.cluster.ownership import owner_of
from seatrial.fixes.rule import part

AUTOSCALER = GroupKind("autoscaling", "HorizontalPodAutoscaler")


def reverted_by(found: Obj, patch: dict[str, Any], autoscalers: Iterable[Obj]) -> str:
    """In words, whoever would undo `patch` on the object `found`; empty when nobody would."""
    metadata = decode(AnyObject, msgspec.json.encode({"metadata": found.get("metadata") or {}})).metadata
    by = reverter(metadata, str(found.get("kind")), patch, autoscalers)
    operator = next((each for each in metadata.owner_references if each.controller), None)
    return by or (f"{operator.kind} {operator.name}, which controls the object," if operator else "")


def reverter(metadata: Metadata, kind: str, patch: dict[str, Any], autoscalers: Iterable[Obj]) -> str:
    """The same for an object that was decoded."""
    owner = owner_of(metadata)
    if owner is not None and owner.reverts_changes:
        return str(owner)
    if not changes_replicas(patch):
        return ""
    for scaler in autoscalers:
        target, scaling = part(scaler, "spec", "scaleTargetRef"), ObjectRef.of(scaler)
        same = (target.get("kind"), target.get("name")) == (kind, metadata.name)
        if same and scaling.namespace == metadata.namespace:
            return f"HorizontalPodAutoscaler {scaling.name}"
    return ""


def changes_replicas(patch: dict[str, Any]) -> bool:
    return "replicas" in (patch.get("spec") or {})
