"""Which pods of lower priority would have to go so that a pod fits: kube-scheduler's preemption.

Simpler than the real one in that budgets of the victims are not weighed (there they are only a
preference too), and that only room is won: who is kept away by affinity or taints stays away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.simulator.scheduling.filters import (
    affinity_violated,
    look_around,
    node_refuses,
    spread_violated,
    volumes_elsewhere,
)
from seatrial.simulator.scheduling.load import ClusterLoad, NodeLoad, PlacedPod
from seatrial.simulator.scheduling.pods import PodNeeds


@dataclass(frozen=True, slots=True)
class Preemption:
    node: str
    victims: tuple[PlacedPod, ...]


def find_victims(
    pod: PodNeeds, load: ClusterLoad, volumes: Sequence[Mapping[str, Any]] = ()
) -> Preemption | None:
    """The node where it hurts least: the least important worst victim, then the fewest, then by name."""
    if not pod.preempts:
        return None
    nodes = [n for n in load.nodes() if any(p.priority < pod.priority for p in n.pods.values())]
    if not nodes:
        return None
    around = look_around(pod, load, load.nodes(), volumes)
    best: tuple[tuple[int, int, str], Preemption] | None = None
    for node in nodes:
        elsewhere = volumes_elsewhere(node, around) or spread_violated(node, around)
        if node_refuses(pod, node) or elsewhere or affinity_violated(node, around):
            continue
        victims = _victims(pod, node)
        if not victims:
            continue
        rank = (max(v.priority for v in victims), len(victims), node.name)
        if best is None or rank < best[0]:
            best = (rank, Preemption(node.name, victims))
    return best[1] if best else None


def _victims(pod: PodNeeds, node: NodeLoad) -> tuple[PlacedPod, ...]:
    """Take away everything less important, then put back, the most important first, what still fits."""
    lower = [p for p in node.pods.values() if p.priority < pod.priority]
    used = dict(node.used)
    ports = dict(node.ports)
    for placed in lower:
        _change(used, ports, placed, -1)
    if not _fits(pod, node, used, ports):
        return ()
    victims = []
    for placed in sorted(lower, key=lambda p: (-p.priority, p.namespace, p.name)):
        _change(used, ports, placed, 1)
        if not _fits(pod, node, used, ports):
            _change(used, ports, placed, -1)
            victims.append(placed)
    return tuple(victims)


def _fits(
    pod: PodNeeds, node: NodeLoad, used: Mapping[str, int], ports: Mapping[tuple[str, int], int]
) -> bool:
    return all(
        used.get(resource, 0) + asked <= node.allocatable.get(resource, 0)
        for resource, asked in pod.requests.items()
        if asked
    ) and not any(ports.get(port) for port in pod.ports)


def _change(used: dict[str, int], ports: dict[tuple[str, int], int], placed: PlacedPod, sign: int) -> None:
    for resource, value in placed.requests.items():
        used[resource] = used.get(resource, 0) + sign * value
    for port in placed.ports:
        ports[port] = ports.get(port, 0) + sign
