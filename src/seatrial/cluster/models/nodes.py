"""Nodes, and the namespaces and Secrets' outlines that go with every cluster."""

from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Condition, Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class Taint(Part, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""


class NodeSpec(Part, frozen=True):
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()
    provider_id: str = msgspec.field(default="", name="providerID")


class NodeInfo(Part, frozen=True):
    kubelet_version: str = ""
    kube_proxy_version: str = ""
    container_runtime_version: str = ""
    os_image: str = ""
    kernel_version: str = ""
    architecture: str = ""
    operating_system: str = ""


class NodeStatus(Part, frozen=True):
    conditions: tuple[Condition, ...] = ()
    node_info: NodeInfo = NodeInfo()
    capacity: dict[str, str | int | float] = msgspec.field(default_factory=dict)
    allocatable: dict[str, str | int | float] = msgspec.field(default_factory=dict)


class Node(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("", "v1", "Node")
    PLURAL: ClassVar = "nodes"

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    def condition(self, kind: str) -> Condition | None:
        return next((each for each in self.status.conditions if each.type == kind), None)

    @property
    def is_ready(self) -> bool:
        ready = self.condition("Ready")
        return ready is not None and ready.status == "True"


class NamespaceStatus(Part, frozen=True):
    phase: str = ""
    conditions: tuple[Condition, ...] = ()


class Namespace(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("", "v1", "Namespace")
    PLURAL: ClassVar = "namespaces"

    status: NamespaceStatus = NamespaceStatus()


class Secret(Resource, frozen=True):
    """Its name and type only: no field of ours can hold what is in it."""

    API: ClassVar = GroupVersionKind("", "v1", "Secret")
    PLURAL: ClassVar = "secrets"

    type: str = "Opaque"
