"""Network policies: which ports they let through."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class PolicyPort(Part, frozen=True):
    protocol: str = "TCP"
    port: int | str | None = None
    end_port: int | None = None


class TrafficRule(Part, frozen=True):
    ports: tuple[PolicyPort, ...] = ()
    """None: all of them."""


class NetworkPolicySpec(Part, frozen=True):
    policy_types: tuple[str, ...] = ()
    ingress: tuple[TrafficRule, ...] = ()
    egress: tuple[TrafficRule, ...] = ()


class NetworkPolicy(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("networking.k8s.io", "v1", "NetworkPolicy")
    PLURAL: ClassVar = "networkpolicies"

    spec: NetworkPolicySpec = NetworkPolicySpec()
