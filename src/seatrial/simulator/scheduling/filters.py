"""Why a pod cannot go to a node: one function per reason, in the order of the real scheduler.

Each returns the reason as kube-scheduler words it, or None. What depends on other pods (affinity,
spread) is worked out once per pod in `Surroundings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.simulator.matching import (
    labels_match,
    map_matches,
    node_selector_matches,
    untolerated_taint,
)
from seatrial.simulator.scheduling.load import ClusterLoad, NodeLoad, PlacedPod
from seatrial.simulator.scheduling.pods import AffinityTerm, PodNeeds, SpreadConstraint

Domain = tuple[str, str]
"""A topology key and one of its values: ("topology.kubernetes.io/zone", "a")."""

_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


@dataclass(frozen=True, slots=True)
class Spread:
    constraint: SpreadConstraint
    counts: Mapping[str, int]
    least: int
    self_match: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the pods that already run mean for this one."""

    volumes: Sequence[Mapping[str, Any]]
    wanted: tuple[tuple[str, frozenset[Domain] | None], ...]
    """Per affinity term its topology key and the domains that satisfy it.

    None for these: nothing does yet and the pod may be the first, on any node that has the key.
    """
    shunned: frozenset[Domain]
    repelled: frozenset[Domain]
    spread: tuple[Spread, ...]
    indifferent: bool
    """Nothing of the above: any node will do that has room (most pods are so)."""


def first_reason(pod: PodNeeds, node: NodeLoad, around: Surroundings) -> tuple[str, ...]:
    """Why the pod cannot go there; empty when it can."""
    reason = node_refuses(pod, node) or (pod.ports and ports_taken(pod, node))
    if reason:
        return (reason,)
    short = resources_short(pod, node)
    if short:
        return short
    if around.indifferent:
        return ()
    reason = volumes_elsewhere(node, around) or spread_violated(node, around)
    reason = reason or affinity_violated(node, around)
    return (reason,) if reason else ()


def node_refuses(pod: PodNeeds, node: NodeLoad) -> str | None:
    """Cordon, taints, node selector and node affinity."""
    if node.unschedulable and untolerated_taint((_UNSCHEDULABLE,), pod.tolerations):
        return "node(s) were unschedulable"
    taint = untolerated_taint(node.taints, pod.tolerations)
    if taint:
        return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value') or ''}}}"
    if (pod.node_selector and not map_matches(pod.node_selector, node.labels)) or (
        pod.node_affinity is not None and not node_selector_matches(pod.node_affinity, node.name, node.labels)
    ):
        return "node(s) didn't match Pod's node affinity/selector"
    return None


def ports_taken(pod: PodNeeds, node: NodeLoad) -> str | None:
    if any(port in node.ports for port in pod.ports):
        return "node(s) didn't have free ports for the requested pod ports"
    return None


def resources_short(pod: PodNeeds, node: NodeLoad) -> tuple[str, ...]:
    short = []
    for resource, asked in pod.requests.items():
        if asked and node.used.get(resource, 0) + asked > node.allocatable.get(resource, 0):
            short.append("Too many pods" if resource == "pods" else f"Insufficient {resource}")
    return tuple(short)


def volumes_elsewhere(node: NodeLoad, around: Surroundings) -> str | None:
    if all(node_selector_matches(volume, node.name, node.labels) for volume in around.volumes):
        return None
    return "node(s) had volume node affinity conflict"


def spread_violated(node: NodeLoad, around: Surroundings) -> str | None:
    for spread in around.spread:
        value = node.labels.get(spread.constraint.topology_key)
        if value is None:
            return "node(s) didn't match pod topology spread constraints (missing required label)"
        if spread.counts.get(value, 0) + spread.self_match - spread.least > spread.constraint.max_skew:
            return "node(s) didn't match pod topology spread constraints"
    return None


def affinity_violated(node: NodeLoad, around: Surroundings) -> str | None:
    for key, domains in around.wanted:
        if key not in node.labels or (domains is not None and not _in(node, domains)):
            return "node(s) didn't match pod affinity rules"
    if _in(node, around.shunned):
        return "node(s) didn't match pod anti-affinity rules"
    if _in(node, around.repelled):
        return "node(s) didn't satisfy existing pods anti-affinity rules"
    return None


def look_around(
    pod: PodNeeds, load: ClusterLoad, nodes: Sequence[NodeLoad], volumes: Sequence[Mapping[str, Any]]
) -> Surroundings:
    wanted = tuple((term.topology_key, _wanted(pod, term, load)) for term in pod.affinity)
    shunned = frozenset(d for term in pod.anti_affinity for d in _domains(term, load))
    repelled = frozenset(
        domain
        for other in load.repelling.values()
        for term in other.anti_affinity
        if _term_matches(term, pod.namespace, pod.labels)
        for domain in _domain_of(term, other, load)
    )
    spread = tuple(_spread(pod, constraint, load, nodes) for constraint in pod.spread)
    indifferent = not (volumes or wanted or shunned or repelled or spread)
    return Surroundings(volumes, wanted, shunned, repelled, spread, indifferent)


def _wanted(pod: PodNeeds, term: AffinityTerm, load: ClusterLoad) -> frozenset[Domain] | None:
    domains = frozenset(_domains(term, load))
    if not domains and _term_matches(term, pod.namespace, pod.labels):
        return None
    return domains


def _domains(term: AffinityTerm, load: ClusterLoad) -> Iterable[Domain]:
    """The domains that hold a pod which the term selects."""
    names = load.by_namespace.keys() if term.namespaces is None else term.namespaces
    for namespace in names:
        for placed in load.by_namespace.get(namespace, {}).values():
            if labels_match(term.selector, placed.labels):
                yield from _domain_of(term, placed, load)


def _domain_of(term: AffinityTerm, placed: PlacedPod, load: ClusterLoad) -> Iterable[Domain]:
    node = load.node(placed.node)
    value = node.labels.get(term.topology_key) if node else None
    if value is not None:
        yield (term.topology_key, value)


def _term_matches(term: AffinityTerm, namespace: str, labels: Mapping[str, str]) -> bool:
    return (term.namespaces is None or namespace in term.namespaces) and labels_match(term.selector, labels)


def _in(node: NodeLoad, domains: frozenset[Domain]) -> bool:
    return any(node.labels.get(key) == value for key, value in domains)


def _spread(
    pod: PodNeeds, constraint: SpreadConstraint, load: ClusterLoad, nodes: Sequence[NodeLoad]
) -> Spread:
    """Counts per domain over the nodes that the pod may use (nodeAffinityPolicy Honor, taints ignored)."""
    key = constraint.topology_key
    eligible = {
        node.name: node.labels[key]
        for node in nodes
        if key in node.labels
        and map_matches(pod.node_selector, node.labels)
        and (pod.node_affinity is None or node_selector_matches(pod.node_affinity, node.name, node.labels))
    }
    counts = dict.fromkeys(eligible.values(), 0)
    for placed in load.by_namespace.get(pod.namespace, {}).values():
        domain = eligible.get(placed.node)
        if domain is not None and labels_match(constraint.selector, placed.labels):
            counts[domain] += 1
    least = min(counts.values(), default=0) if len(counts) >= constraint.min_domains else 0
    return Spread(constraint, counts, least, int(labels_match(constraint.selector, pod.labels)))
