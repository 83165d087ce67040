"""Chooses the node for one pod: the same pod and load always give the same node.

Among the nodes that pass every filter: no PreferNoSchedule taint first, then preferred node affinity,
then fewest pods of the same owner, then least allocated, then name. That is coarser than the
weighted plugins of kube-scheduler, but spreads replicas as they do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.simulator.matching import node_term_matches, untolerated_taint
from seatrial.simulator.scheduling.filters import (
    first_reason,
    look_around,
    node_refuses,
    ports_taken,
    resources_short,
)
from seatrial.simulator.scheduling.load import ClusterLoad, NodeLoad
from seatrial.simulator.scheduling.pods import PodNeeds


@dataclass(frozen=True, slots=True)
class NoNode:
    """No node fits; `message` is what the PodScheduled condition says."""

    message: str


def find_node(pod: PodNeeds, load: ClusterLoad, volumes: Sequence[Mapping[str, Any]] = ()) -> str | NoNode:
    """The name of the node to bind to. `volumes` are the node selectors of the pod's bound volumes."""
    nodes = load.nodes()
    if not nodes:
        return NoNode("no nodes available to schedule pods")
    around = look_around(pod, load, nodes, volumes)
    reasons: Counter[str] = Counter()
    helpless = 0
    best: tuple[tuple[Any, ...], str] | None = None
    for node in nodes:
        why = first_reason(pod, node, around)
        if why:
            reasons.update(why)
            helpless += not why[0].startswith(("Insufficient", "Too many", "node(s) didn't have free ports"))
            continue
        rank = _rank(pod, node)
        if best is None or rank < best[0]:
            best = (rank, node.name)
    return best[1] if best else NoNode(_message(len(nodes), reasons, helpless))


def node_suits_daemon(pod: PodNeeds, node: NodeLoad) -> bool:
    """Should a DaemonSet have a pod on this node? Resources are the scheduler's business, not its."""
    return node_refuses(pod, node) is None


def node_fits_daemon(pod: PodNeeds, node: NodeLoad) -> bool:
    return not (node_refuses(pod, node) or ports_taken(pod, node) or resources_short(pod, node))


def _rank(pod: PodNeeds, node: NodeLoad) -> tuple[Any, ...]:
    soft = ("PreferNoSchedule",)
    avoid = bool(node.taints) and untolerated_taint(node.taints, pod.tolerations, soft) is not None
    liked = sum(
        int(preference.get("weight") or 1)
        for preference in pod.preferred_nodes
        if node_term_matches(preference.get("preference") or {}, node.name, node.labels)
    )
    return (avoid, -liked, node.owners.get(pod.owner, 0), node.allocated, node.name)


def _message(total: int, reasons: Counter[str], helpless: int) -> str:
    """As kube-scheduler writes it, the second sentence about preemption included."""
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    preemption = []
    if total - helpless:
        preemption.append(f"{total - helpless} No preemption victims found for incoming pod")
    if helpless:
        preemption.append(f"{helpless} Preemption is not helpful for scheduling")
    return (
        f"0/{total} nodes are available: {listed}. "
        f"preemption: 0/{total} nodes are available: {', '.join(preemption)}."
    )
