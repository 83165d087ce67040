"""Looks whether nodes that nobody's node group holds were replaced: Karpenter's, and those of auto modes."""

from __future__ import annotations

from seatrial.cluster.version import Version
from seatrial.cluster_runs.ports import Reading
from seatrial.cluster_runs.steps.verify_nodes import NODES, is_ready
from seatrial.errors import SeatrialError
from seatrial.plan import AwaitNodes


async def nodes_are_at(action: AwaitNodes, reading: Reading) -> bool:
    """Every node with the label runs the target's minor and is Ready; none left is fine too."""
    line = Version.parse(action.to_version).line
    for node in await reading.list_objects(NODES, label_selector=f"{action.label}={action.value}"):
        labels = (node.get("metadata") or {}).get("labels") or {}
        if labels.get(action.label) != action.value:
            continue
        kubelet = str(((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion") or "")
        try:
            found = Version.parse(kubelet).line
        except SeatrialError:
            return False
        if found < line or not is_ready(node):
            return False
    return True
