"""What a pod asks of the scheduler, read once from its spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.quantities import amount

Port = tuple[str, int]
"""A host port: protocol and number (host addresses are not told apart)."""


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """One required pod (anti-)affinity term; `namespaces` None means every namespace."""

    topology_key: str
    selector: Mapping[str, Any]
    namespaces: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class SpreadConstraint:
    """One `topologySpreadConstraints` entry with `whenUnsatisfiable: DoNotSchedule`."""

    topology_key: str
    selector: Mapping[str, Any]
    max_skew: int
    min_domains: int


@dataclass(frozen=True, slots=True)
class PodNeeds:
    uid: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    owner: str
    requests: Mapping[str, int]
    ports: tuple[Port, ...]
    node_selector: Mapping[str, str]
    node_affinity: Mapping[str, Any] | None
    preferred_nodes: tuple[Mapping[str, Any], ...]
    tolerations: tuple[Mapping[str, Any], ...]
    affinity: tuple[AffinityTerm, ...]
    anti_affinity: tuple[AffinityTerm, ...]
    spread: tuple[SpreadConstraint, ...]
    priority: int
    preempts: bool


def needs_of(pod: Obj) -> PodNeeds:
    meta, spec = pod["metadata"], pod.get("spec") or {}
    namespace = meta.get("namespace", "")
    affinity = spec.get("affinity") or {}
    node_affinity = affinity.get("nodeAffinity") or {}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    owners = meta.get("ownerReferences") or ()
    return PodNeeds(
        uid=meta.get("uid", ""),
        namespace=namespace,
        name=meta.get("name", ""),
        labels=meta.get("labels") or {},
        owner=next((o["uid"] for o in owners if o.get("controller")), ""),
        requests=requests_of(spec),
        ports=_host_ports(spec),
        node_selector=spec.get("nodeSelector") or {},
        node_affinity=node_affinity.get(required),
        preferred_nodes=tuple(node_affinity.get(preferred) or ()),
        tolerations=tuple(spec.get("tolerations") or ()),
        affinity=_terms((affinity.get("podAffinity") or {}).get(required), namespace),
        anti_affinity=_terms((affinity.get("podAntiAffinity") or {}).get(required), namespace),
        spread=tuple(
            SpreadConstraint(
                c["topologyKey"],
                _with_label_keys(c, meta.get("labels") or {}),
                int(c.get("maxSkew") or 1),
                int(c.get("minDomains") or 1),
            )
            for c in spec.get("topologySpreadConstraints") or ()
            if c.get("whenUnsatisfiable", "DoNotSchedule") == "DoNotSchedule"
        ),
        priority=int(spec.get("priority") or 0),
        preempts=spec.get("preemptionPolicy") != "Never",
    )


def requests_of(spec: Mapping[str, Any]) -> dict[str, int]:
    """The pod's effective requests, "pods" included.

    Containers add up; init containers run one after another, so the largest counts; those that
    restart always (sidecars) keep running and add to both.
    https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    running: dict[str, int] = {}
    for container in spec.get("containers") or ():
        _add(running, _requests(container))
    sidecars: dict[str, int] = {}
    peak: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        asked = _requests(container)
        if container.get("restartPolicy") == "Always":
            _add(running, asked)
            _add(sidecars, asked)
            asked = {}
        for resource in sidecars.keys() | asked.keys():
            together = sidecars.get(resource, 0) + asked.get(resource, 0)
            peak[resource] = max(peak.get(resource, 0), together)
    total = {r: max(running.get(r, 0), peak.get(r, 0)) for r in sorted(running.keys() | peak.keys())}
    _add(total, {r: amount(r, q) for r, q in (spec.get("overhead") or {}).items()})
    total["pods"] = 1
    return total


def _requests(container: Mapping[str, Any]) -> dict[str, int]:
    resources = container.get("resources") or {}
    # a limit without a request is the request: the API server defaults it so
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {resource: amount(resource, quantity) for resource, quantity in asked.items()}


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for resource, value in more.items():
        total[resource] = total.get(resource, 0) + value


def _host_ports(spec: Mapping[str, Any]) -> tuple[Port, ...]:
    return tuple(
        (port.get("protocol") or "TCP", int(port["hostPort"]))
        for container in spec.get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("hostPort")
    )


def _terms(terms: Sequence[Mapping[str, Any]] | None, namespace: str) -> tuple[AffinityTerm, ...]:
    return tuple(
        AffinityTerm(term["topologyKey"], term.get("labelSelector") or {}, _namespaces(term, namespace))
        for term in terms or ()
    )


def _namespaces(term: Mapping[str, Any], own: str) -> frozenset[str] | None:
    if term.get("namespaceSelector") == {}:
        return None
    return frozenset(term.get("namespaces") or (own,))


def _with_label_keys(constraint: Mapping[str, Any], labels: Mapping[str, str]) -> Mapping[str, Any]:
    """The selector with `matchLabelKeys` folded in: only pods of the same revision count."""
    selector: dict[str, Any] = dict(constraint.get("labelSelector") or {})
    keys = [key for key in constraint.get("matchLabelKeys") or () if key in labels]
    if keys:
        own = {key: labels[key] for key in keys}
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), **own}
    return selector
