"""Which pods held up a drain and which budget held them, looked at in the moment the step failed."""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.rehearsal.report import BlockedPod
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import NODES, PODS
from seatrial.simulator.controllers.pods import is_active, is_ready
from seatrial.simulator.eviction import budgets_of


def blocked_pods(
    cluster: SimulatedCluster, label: str, group: str, to_version: str
) -> tuple[BlockedPod, ...]:
    """Pods on the group's nodes that are not at the target yet, whose budget lets nobody go."""
    old = {
        node["metadata"]["name"]
        for node in cluster.store.peek_list(NODES)
        if (node["metadata"].get("labels") or {}).get(label) == group
        and ((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion") != f"v{to_version}"
    }
    found = []
    for pod in cluster.store.peek_list(PODS):
        node = (pod.get("spec") or {}).get("nodeName")
        if node not in old or not is_active(pod) or _goes_with_its_node(pod):
            continue
        budgets = budgets_of(cluster, pod)
        if len(budgets) > 1:
            found.append(
                _blocked(pod, budgets[0], "the pod has more than one budget, so it is never evicted")
            )
            continue
        for budget in budgets:
            status = budget.get("status") or {}
            if int(status.get("disruptionsAllowed") or 0) <= 0:
                wanted, healthy = status.get("desiredHealthy") or 0, status.get("currentHealthy") or 0
                unready = "" if is_ready(pod) else "; this pod is not ready itself"
                found.append(
                    _blocked(pod, budget, f"it needs {wanted} healthy pods and has {healthy}{unready}")
                )
    return tuple(found)


def _blocked(pod: Obj, budget: Obj, why: str) -> BlockedPod:
    return BlockedPod(pod=_place(pod), node=str(pod["spec"]["nodeName"]), budget=_place(budget), why=why)


def _place(obj: Obj) -> str:
    meta = obj["metadata"]
    return f"{meta['namespace']}/{meta['name']}"


def _goes_with_its_node(pod: Obj) -> bool:
    owners = {owner.get("kind") for owner in pod["metadata"].get("ownerReferences") or ()}
    return bool(owners & {"DaemonSet", "Node"})
