"""Workloads of extensions/v1beta1 and the betas of apps to apps/v1: a selector is required, defaults differ.

Source: the Kubernetes deprecation guide for 1.16.
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part


def deployment(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    _selector(spec, notes)
    if "rollbackTo" in spec:
        del spec["rollbackTo"]
        notes("spec.rollbackTo is gone: kubectl rollout undo does it.")
    defaults = ("progressDeadlineSeconds 600", "revisionHistoryLimit 10", "maxSurge and maxUnavailable 25%")
    missing = [each for each in defaults if not _says(spec, each)]
    if missing:
        notes(f"Where nothing is said, apps/v1 uses {', '.join(missing)}; older versions had other defaults.")


def daemon_set(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    _selector(spec, notes)
    if "templateGeneration" in spec:
        del spec["templateGeneration"]
        notes("spec.templateGeneration is gone: the cluster counts revisions itself.")
    _update_strategy(spec, notes)


def stateful_set(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    _selector(spec, notes)
    _update_strategy(spec, notes)


def replica_set(obj: Obj, notes: Notes) -> None:
    _selector(part(obj, "spec"), notes)


def _selector(spec: Obj, notes: Notes) -> None:
    selector = spec.get("selector")
    labels = part(spec, "template", "metadata", "labels")
    if isinstance(selector, dict) and any(selector.values()):
        return
    if not labels:
        raise ByHand("spec.selector is required, and the pod template has no labels to take for it")
    made = {"matchLabels": {str(key): str(value) for key, value in labels.items()}}
    if "selector" in spec:
        spec["selector"] = made
    else:
        items = list(spec.items())
        spec.clear()
        for key, value in items:
            if key == "template":
                spec["selector"] = made
            spec[key] = value
    notes(
        "spec.selector is required and cannot be changed later: it is set to the pod template's labels, the"
        " old default."
    )


def _update_strategy(spec: Obj, notes: Notes) -> None:
    if not part(spec, "updateStrategy").get("type"):
        notes(
            "Where nothing is said, apps/v1 updates by RollingUpdate; the older versions waited (OnDelete)."
        )


def _says(spec: Obj, default: str) -> bool:
    name = default.partition(" ")[0]
    return name in spec or (bool(part(spec, "strategy", "rollingUpdate")) and name == "maxSurge")
