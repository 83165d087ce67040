"""RuntimeClass of node.k8s.io/v1alpha1 to v1: its spec became the object itself.

Source: node.k8s.io/v1alpha1 API reference.
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes


def runtime_class(obj: Obj, notes: Notes) -> None:
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return
    handler = spec.get("runtimeHandler")
    if not handler:
        raise ByHand("spec.runtimeHandler is missing")
    del obj["spec"]
    obj["handler"] = handler
    for key in ("overhead", "scheduling"):
        if key in spec:
            obj[key] = spec[key]
