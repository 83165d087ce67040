"""What runs where: the scheduler's picture of a cluster, kept up to date one object at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.quantities import amount
from seatrial.simulator.scheduling.pods import AffinityTerm, PodNeeds, Port

# What a pod that asks for nothing counts as when nodes are compared (as in kube-scheduler).
_UNASKED = {"cpu": 100, "memory": 200 * 2**20}


@dataclass(slots=True)
class NodeLoad:
    """One node and what its pods take of it; `known` is False while only pods name it."""

    name: str
    known: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, Any], ...] = ()
    unschedulable: bool = False
    allocatable: Mapping[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    ports: dict[Port, int] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)
    pods: dict[str, PlacedPod] = field(default_factory=dict)
    _share: float | None = None

    @property
    def allocated(self) -> float:
        """The mean share of CPU and memory that is taken; kept until something changes."""
        if self._share is None:
            self._share = _allocated(self)
        return self._share


@dataclass(frozen=True, slots=True)
class PlacedPod:
    uid: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    owner: str
    node: str
    requests: Mapping[str, int]
    ports: tuple[Port, ...]
    anti_affinity: tuple[AffinityTerm, ...]
    priority: int


class ClusterLoad:
    """All nodes and all pods that are bound to one and still take its resources."""

    def __init__(self) -> None:
        self._nodes: dict[str, NodeLoad] = {}
        self._pods: dict[str, PlacedPod] = {}
        self.by_namespace: dict[str, dict[str, PlacedPod]] = {}
        self.repelling: dict[str, PlacedPod] = {}
        """Pods with required anti-affinity: they also keep others away."""

    def nodes(self) -> list[NodeLoad]:
        return [node for node in self._nodes.values() if node.known]

    def node(self, name: str) -> NodeLoad | None:
        node = self._nodes.get(name)
        return node if node is not None and node.known else None

    def pods(self) -> list[PlacedPod]:
        return list(self._pods.values())

    def holds(self, uid: str) -> bool:
        return uid in self._pods

    def put_node(self, node: Obj) -> None:
        spec, status = node.get("spec") or {}, node.get("status") or {}
        load = self._nodes.setdefault(node["metadata"]["name"], NodeLoad(node["metadata"]["name"]))
        load.known = True
        load.labels = node["metadata"].get("labels") or {}
        load.taints = tuple(spec.get("taints") or ())
        load.unschedulable = bool(spec.get("unschedulable"))
        offered = status.get("allocatable") or status.get("capacity") or {}
        load._share = None
        load.allocatable = {resource: amount(resource, q) for resource, q in offered.items()}

    def drop_node(self, name: str) -> None:
        node = self._nodes.get(name)
        if node is None:
            return
        node.known = False
        if not node.pods:
            del self._nodes[name]

    def put_pod(self, needs: PodNeeds, node: str) -> None:
        if needs.uid in self._pods:
            return
        placed = PlacedPod(
            needs.uid,
            needs.namespace,
            needs.name,
            needs.labels,
            needs.owner,
            node,
            needs.requests,
            needs.ports,
            needs.anti_affinity,
            needs.priority,
        )
        self._pods[needs.uid] = placed
        self.by_namespace.setdefault(needs.namespace, {})[needs.uid] = placed
        if placed.anti_affinity:
            self.repelling[needs.uid] = placed
        load = self._nodes.setdefault(node, NodeLoad(node))
        load.pods[needs.uid] = placed
        _count(load, placed, 1)

    def drop_pod(self, uid: str) -> None:
        placed = self._pods.pop(uid, None)
        if placed is None:
            return
        neighbours = self.by_namespace[placed.namespace]
        del neighbours[uid]
        if not neighbours:
            del self.by_namespace[placed.namespace]
        self.repelling.pop(uid, None)
        load = self._nodes[placed.node]
        del load.pods[uid]
        _count(load, placed, -1)
        if not load.known and not load.pods:
            del self._nodes[placed.node]


def _allocated(node: NodeLoad) -> float:
    count = len(node.pods)
    share = 0.0
    for resource, unasked in _UNASKED.items():
        offered = node.allocatable.get(resource, 0)
        if offered:
            share += max(node.used.get(resource, 0), count * unasked) / offered
    return round(share / len(_UNASKED), 6)


def _count(load: NodeLoad, pod: PlacedPod, sign: int) -> None:
    load._share = None
    for resource, value in pod.requests.items():
        load.used[resource] = load.used.get(resource, 0) + sign * value
    for port in pod.ports:
        load.ports[port] = load.ports.get(port, 0) + sign
        if not load.ports[port]:
            del load.ports[port]
    if pod.owner:
        load.owners[pod.owner] = load.owners.get(pod.owner, 0) + sign
        if not load.owners[pod.owner]:
            del load.owners[pod.owner]
