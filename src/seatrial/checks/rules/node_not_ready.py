"""Nodes that cannot take pods now.

**What.** Nodes that are not Ready or do not report, that are cordoned, or that are short of memory,
disk, process ids or network.

**Why.** An upgrade moves every pod to another node. Capacity that is missing before it starts is missing
all the way through, and a node that is broken now hides what the upgrade breaks.

**How to fix.** Repair or replace the node. A cordoned one: uncordon it, or drain and remove it.

**Source.** kubernetes.io/docs/reference/node/node-status.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.check import Check, Context, Found, check
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node

_SHORT_OF = {
    "MemoryPressure": "short of memory",
    "DiskPressure": "short of disk",
    "PIDPressure": "short of process ids",
    "NetworkUnavailable": "without network",
}


@check(id="node-not-ready", title="Nodes cannot take pods", reads=(Node,))
def node_not_ready(check: Check, context: Context) -> Found:
    nodes = context.read(Node)
    states: dict[str, list[Node]] = {}
    for node in nodes:
        for state in _states(node):
            states.setdefault(state, []).append(node)
    for state, affected in states.items():
        names = ", ".join(sorted(node.name for node in affected)[:5])
        verb = "is" if len(affected) == 1 else "are"
        more = f" and {len(affected) - 5} more" if len(affected) > 5 else ""
        yield check.finding(
            Severity.BLOCKER,
            f"{len(affected)} of {len(nodes)} nodes {verb} {state}: {names}{more}.",
            objects=[node.ref for node in affected],
            fix="Uncordon it, or drain and remove it."
            if state == "cordoned"
            else "Repair or replace the node.",
            source="Node conditions and spec.unschedulable",
        )


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
