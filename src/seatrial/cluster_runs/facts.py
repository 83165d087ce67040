"""Looks up what a plan's facts are now, written exactly as planning writes them."""

from __future__ import annotations

from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster_runs.ports import Charts, Reading
from seatrial.errors import NotFound
from seatrial.plan import Fact, Plan
from seatrial.plan.facts import (
    ChartVersion,
    NodeGroupVersion,
    Replicas,
    budgets_value,
    fact_about,
    release_value,
)
from seatrial.providers.protocol import Provider

BUDGETS_RESOURCE = GroupVersionResource("policy", "v1", "poddisruptionbudgets")


async def observe_fact(fact: Fact, plan: Plan, reading: Reading, provider: Provider, charts: Charts) -> str:
    """The value now; empty when the thing is not there."""
    about = fact_about(fact.name)
    match about:
        case "control-plane":
            return (await provider.state()).version
        case NodeGroupVersion(name):
            group = (await provider.state()).node_group(name)
            return group.version if group else ""
        case ChartVersion(namespace, release):
            return release_value(await charts.state(release, namespace))
        case Replicas(resource, namespace, name):
            return await _replicas(GroupVersionResource("apps", "v1", resource), name, namespace, reading)
        case "budgets":
            return budgets_value(
                await reading.list_objects(BUDGETS_RESOURCE),
                {(each.namespace, each.release) for each in plan.components},
            )


async def _replicas(gvr: GroupVersionResource, name: str, namespace: str, reading: Reading) -> str:
    try:
        found = await reading.get(gvr, name, namespace)
    except NotFound:
        return ""
    return str((found.get("spec") or {}).get("replicas", 1))
