"""What a pod asks of the node that is to take it, worked out once and shared by its like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from seatrial.cluster.models import Pod, PodSpec
from seatrial.cluster.models.pods import (
    Container,
    NodeSelector,
    PodAffinityTerm,
    SpreadConstraint,
    Toleration,
)
from seatrial.cluster.quantity import milli, whole

Port = tuple[str, int]


class Needs(msgspec.Struct, frozen=True, eq=False):
    """One pod; compared by identity, because that is what it is asked for."""

    pod: Pod
    kin: int
    """The same for pods of one namespace and the same labels: what is asked of those is asked once."""
    requests: Mapping[str, int]
    ports: tuple[Port, ...]
    admission: Admission
    affinity: tuple[PodAffinityTerm, ...]
    anti_affinity: tuple[PodAffinityTerm, ...]
    spread: tuple[SpreadConstraint, ...]

    @property
    def is_particular(self) -> bool:
        """It looks at more than the room on a node."""
        return bool(self.ports or self.affinity or self.anti_affinity or self.spread)

    @property
    def shape(self) -> tuple[object, ...]:
        """Two pods of one shape that care only about room fit the same nodes."""
        return (self.admission, tuple(sorted(self.requests.items())))


class Admission(msgspec.Struct, frozen=True):
    """What decides, whatever else runs there, whether a node may take the pod."""

    selector: tuple[tuple[str, str], ...]
    affinity: NodeSelector | None
    tolerations: tuple[Toleration, ...]


def admission_of(spec: PodSpec) -> Admission:
    return Admission(
        tuple(sorted(spec.node_selector.items())), spec.affinity.node_affinity.required, spec.tolerations
    )


def needs_of(pod: Pod, kin: int) -> Needs:
    spec = pod.spec
    return Needs(
        pod=pod,
        kin=kin,
        requests=requests_of(spec),
        ports=_host_ports(spec),
        admission=admission_of(spec),
        affinity=spec.affinity.pod_affinity.required,
        anti_affinity=spec.affinity.pod_anti_affinity.required,
        spread=tuple(
            [each for each in spec.topology_spread_constraints if each.when_unsatisfiable == "DoNotSchedule"]
        ),
    )


def _host_ports(spec: PodSpec) -> tuple[Port, ...]:
    found: list[Port] = []
    for container in spec.containers:
        for port in container.ports:
            if port.host_port:
                found.append((port.protocol, port.host_port))
    return tuple(found)


def requests_of(spec: PodSpec) -> dict[str, int]:
    """The pod's effective requests, "pods" included; CPU in thousandths.

    kubernetes.io/docs/concepts/workloads/pods/init-containers, "Resource sharing within containers":
    containers add up; of init containers the largest counts; sidecars add to both.
    """
    total: dict[str, int] = {}
    for container in spec.containers:
        for resource, value in _asked(container).items():
            total[resource] = total.get(resource, 0) + amount(resource, value)
    if spec.init_containers:
        total = _with_init_containers(total, spec.init_containers)
    for resource, value in spec.resources.requests.items():  # of the pod as a whole, where that is used
        total[resource] = amount(resource, value)
    for resource, value in spec.overhead.items():
        total[resource] = total.get(resource, 0) + amount(resource, value)
    total["pods"] = 1
    return total


def _with_init_containers(running: dict[str, int], containers: Iterable[Container]) -> dict[str, int]:
    sidecars: dict[str, int] = {}
    peak: dict[str, int] = {}
    for container in containers:
        asked = _of(container)
        if container.restart_policy == "Always":
            _add(running, asked)
            _add(sidecars, asked)
            asked = {}
        for resource in sidecars.keys() | asked.keys():
            together = sidecars.get(resource, 0) + asked.get(resource, 0)
            peak[resource] = max(peak.get(resource, 0), together)
    return {each: max(running.get(each, 0), peak.get(each, 0)) for each in running.keys() | peak.keys()}


def _of(container: Container) -> dict[str, int]:
    return {resource: amount(resource, value) for resource, value in _asked(container).items()}


def _asked(container: Container) -> Mapping[str, str | int | float]:
    resources = container.resources
    # a limit without a request is the request: the API server defaults it so
    return {**resources.limits, **resources.requests} if resources.limits else resources.requests


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for resource, value in more.items():
        total[resource] = total.get(resource, 0) + value


@lru_cache(maxsize=8192)
def amount(resource: str, value: str | int | float) -> int:
    return milli(value) if resource == "cpu" else whole(value)
