"""Nodes that cannot take pods now.

**What.** Nodes that are not Ready or do not report, that have no network, that are cordoned, or that are
short of memory, disk or process ids. Left out: nodes that an autoscaler is taking away, and nodes that
joined less than ten minutes ago.

**Why.** An upgrade moves every pod to another node. Capacity that is missing before it starts is missing
all the way through, and a node that is broken now hides what the upgrade breaks. Pods on a node that does
not answer never finish leaving it, so that its drain hangs. A cordoned node or one under pressure costs
room only, so these warn.

**How to fix.** Repair or replace the node. A cordoned one: uncordon it, or drain and remove it.

**Source.** kubernetes.io/docs/reference/node/node-status.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node

_SHORT_OF = {
    "MemoryPressure": "short of memory",
    "DiskPressure": "short of disk",
    "PIDPressure": "short of process ids",
    "NetworkUnavailable": "without network",
}
_ONLY_ROOM = frozenset({"cordoned", "short of memory", "short of disk", "short of process ids"})
_LEAVING = frozenset(
    {
        "ToBeDeletedByClusterAutoscaler",
        "karpenter.sh/disrupted",
        "karpenter.sh/disruption",
        "node.cloudprovider.kubernetes.io/shutdown",
    }
)
"""Taints by which whoever scales nodes says that this one goes."""
_JUST_JOINED = timedelta(minutes=10)


@check(id="node-not-ready", title="Nodes cannot take pods", reads=(Node,))
def node_not_ready(check: Check, context: Context) -> Found:
    nodes = [node for node in context.read(Node) if not _comes_or_goes(node, context.now)]
    states: dict[str, list[Node]] = {}
    for node in nodes:
        for state in _states(node):
            states.setdefault(state, []).append(node)
    for state, affected in states.items():
        yield check.finding(
            Severity.WARNING if state in _ONLY_ROOM else Severity.BLOCKER,
            f"{len(affected)} of {len(nodes)} nodes {'is' if len(affected) == 1 else 'are'} {state}:"
            f" {named(node.name for node in affected)}.",
            objects=[node.ref for node in affected],
            fix="Uncordon it, or drain and remove it."
            if state == "cordoned"
            else "Repair or replace the node.",
            source="Node conditions and spec.unschedulable",
        )


def _comes_or_goes(node: Node, now: datetime) -> bool:
    if node.metadata.deletion_timestamp or any(taint.key in _LEAVING for taint in node.spec.taints):
        return True
    try:
        joined = datetime.fromisoformat(node.metadata.creation_timestamp)
    except ValueError:
        return False
    return joined.tzinfo is not None and now - joined < _JUST_JOINED


def _states(node: Node) -> Iterator[str]:
    ready = node.condition("Ready")
    if ready is None or ready.status == "Unknown":
        yield "not reporting"
    elif ready.status != "True":
        yield "not ready"
    if node.spec.unschedulable:
        yield "cordoned"
    for condition in node.status.conditions:
        if condition.type in _SHORT_OF and condition.status == "True":
            yield _SHORT_OF[condition.type]
