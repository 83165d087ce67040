"""PodDisruptionBudget to policy/v1: an empty selector selects nothing before, and everything after.

Source: the Kubernetes deprecation guide for 1.25 ("An empty spec.selector ({}) … selects all pods").
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import Notes, part


def disruption_budget(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    selector = spec.get("selector")
    if isinstance(selector, dict) and not any(selector.values()):
        del spec["selector"]
        notes(
            "In v1beta1 the empty selector selects no pods, in v1 every pod of the namespace. It is left out,"
            " which selects none, as before. Write a selector if this budget was meant to protect something."
        )
