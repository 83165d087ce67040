"""Waits until every node of a group is Ready, schedulable and on the target version."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.version import Version
from seatrial.cluster_runs.pauses import pauses
from seatrial.cluster_runs.performing import StepContext, StepResult, succeeded
from seatrial.cluster_runs.ports import Reading
from seatrial.errors import BadInput
from seatrial.plan import VerifyNodeGroup
from seatrial.providers.protocol import Provider

NODES = GroupVersionResource("", "v1", "nodes")
GROUP_LABELS = (
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "k8s.scaleway.com/pool-name",
    "node.seatrial.dev/pool",  # simulated clusters that imitate none of them
)
"""Labels by which providers mark a node's group."""
_LONGEST_PAUSE = 10.0  # seconds between two looks


async def verify_node_group(
    action: VerifyNodeGroup, context: StepContext, reading: Reading, provider: Provider
) -> StepResult:
    to = Version.parse(action.to_version)
    pause = pauses(_LONGEST_PAUSE)
    while True:
        nodes = [node for node in await reading.list_objects(NODES) if group_of(node) == action.node_group]
        problems = [problem for node in nodes for problem in node_problems(node, to)]
        if nodes and not problems:
            return succeeded(f"{len(nodes)} nodes are Ready at {to}.")
        if not nodes and await _is_empty(action.node_group, provider):
            return succeeded("the group has no nodes.")
        shown = "; ".join(problems[:5]) if nodes else "the group has no nodes"
        await context.progress(shown + (f" and {len(problems) - 5} more" if len(problems) > 5 else ""))
        await context.clock.sleep(next(pause))


async def _is_empty(name: str, provider: Provider) -> bool:
    group = (await provider.state()).node_group(name)
    return group is not None and group.size == 0


def group_of(node: Obj) -> str:
    """The name of the node's group; empty when no label says it."""
    labels = (node.get("metadata") or {}).get("labels") or {}
    return next((str(labels[label]) for label in GROUP_LABELS if label in labels), "")


def node_problems(node: Obj, to: Version) -> Iterator[str]:
    """What is wrong with one node, a phrase each."""
    name = (node.get("metadata") or {}).get("name")
    status = node.get("status") or {}
    kubelet = str((status.get("nodeInfo") or {}).get("kubeletVersion") or "")
    try:
        found = Version.parse(kubelet)
    except BadInput:
        yield f"{name} does not say its version"
    else:
        if found.line != to.line or found < to:
            yield f"{name} is at {kubelet}"
    if not is_ready(node):
        yield f"{name} is not Ready"
    if (node.get("spec") or {}).get("unschedulable"):
        yield f"{name} is cordoned"


def is_ready(node: Obj) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
