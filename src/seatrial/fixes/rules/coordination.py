"""Kinds of the control plane's own bookkeeping: what their first versions said in other words.

Source: API references of the removed versions.
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part, rename


def lease_candidate(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    preferred = spec.get("preferredStrategies")
    if preferred is None:
        return
    if not isinstance(preferred, list) or len(preferred) != 1:
        raise ByHand("v1beta1 has one strategy, and preferredStrategies does not name exactly one")
    rename(spec, "preferredStrategies", "strategy")
    spec["strategy"] = preferred[0]
    if not spec.get("binaryVersion"):
        raise ByHand("spec.binaryVersion is required")


def storage_version_migration(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    if spec.pop("continueToken", None) is not None:
        notes("spec.continueToken is gone: the controller keeps its own place.")
    if part(spec, "resource").pop("version", None) is not None:
        notes("spec.resource has no version any more: objects are migrated to the storage version.")


def ip_address(obj: Obj, notes: Notes) -> None:
    if part(obj, "spec", "parentRef").pop("uid", None) is not None:
        notes("parentRef.uid of v1alpha1 is gone.")


def pod_group(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    if "podGroupTemplateRef" not in spec:
        return
    workload = part(spec, "podGroupTemplateRef", "workload")
    if set(workload) != {"workloadName", "podGroupTemplateName"}:
        raise ByHand("spec.podGroupTemplateRef names no workload and template")
    rename(spec, "podGroupTemplateRef", "workloadRef")
    rename(workload, "podGroupTemplateName", "templateName")
    spec["workloadRef"] = workload
