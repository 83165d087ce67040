"""Whether what a step relies on still holds, and if not, what exactly has changed.

Only the facts that a step names count. What comes and goes by itself is none: pods, leases, counts that
an autoscaler moves. And what is already as this plan wants it was changed by somebody else in the same
direction: that is a normal case, and the step finds nothing left to do.
"""

from __future__ import annotations

import msgspec

from seatrial.cluster.version import Version
from seatrial.errors import SeatrialError
from seatrial.plan.document import Plan
from seatrial.plan.facts import (
    ChartVersion,
    NodeGroupVersion,
    Replicas,
    budgets_by_name,
    fact_about,
    known_budgets,
)
from seatrial.plan.steps import ApplyFix, Fact, UpgradeChart, UpgradeNodeGroup

DRIFTED = "what the plan relies on has changed"
"""How a step that is refused for it begins its reason: the score of predictions looks for it."""


def drift(plan: Plan, fact: Fact, now: str) -> str:
    """What has changed, as a clause: "chart/infra/ingress/version was '1.0.0' and is '1.1.0' now".

    Empty when the step may go ahead.
    """
    if now == fact.value:
        return ""
    about = fact_about(fact.name)
    if about == "budgets":
        return _tighter_budgets(fact.value, now)
    if _is_wanted(plan, about, now):
        return ""
    return f"{fact.name} was {_said(fact.value)} and is {_said(now)} now"


def _tighter_budgets(before: str, now: str) -> str:
    """Budgets that are new or have other terms, over pods that must move; one that went hinders nobody."""
    known = known_budgets(before)
    changed = []
    for name, terms in budgets_by_name(now).items():
        if name not in known:
            changed.append(f"budget {name} was absent and is {terms!r} now")
        elif known[name] != terms:
            changed.append(f"budget {name} was {known[name]!r} and is {terms!r} now")
    return "; ".join(changed)


def _is_wanted(plan: Plan, about: object, now: str) -> bool:
    """Whether the plan itself would bring it there."""
    match about:
        case "control-plane":
            return _at(now, plan.to_version)
        case NodeGroupVersion(name):
            return any(
                isinstance(step.action, UpgradeNodeGroup)
                and step.action.node_group == name
                and _at(now, step.action.to_version)
                for step in plan.steps
            )
        case ChartVersion(namespace, release):
            return any(
                isinstance(step.action, UpgradeChart)
                and (step.action.namespace, step.action.release) == (namespace, release)
                and step.action.from_version != step.action.to_version == now
                for step in plan.steps
            )
        case Replicas(resource, namespace, name):
            return any(
                isinstance(step.action, ApplyFix)
                and (step.action.resource, step.action.namespace, step.action.name)
                == (resource, namespace, name)
                and str(msgspec.json.decode(step.action.patch).get("spec", {}).get("replicas")) == now
                for step in plan.steps
            )
    return False


def _at(found: str, wanted: str) -> bool:
    """At the version or at a later patch of its minor."""
    try:
        is_now, to = Version.parse(found), Version.parse(wanted)
    except SeatrialError:
        return False
    return is_now.line == to.line and is_now >= to


def _said(value: str) -> str:
    return repr(value) if value else "absent"
