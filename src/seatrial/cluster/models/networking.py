"""Services and where they lead."""

from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind

SERVICE_NAME = "kubernetes.io/service-name"


class ServicePort(Part, frozen=True):
    port: int = 0
    name: str = ""
    protocol: str = "TCP"
    target_port: int | str | None = None


class ServiceSpec(Part, frozen=True):
    type: str = "ClusterIP"
    selector: dict[str, str] = msgspec.field(default_factory=dict)
    ports: tuple[ServicePort, ...] = ()
    external_name: str = ""
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")


class Service(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("", "v1", "Service")
    PLURAL: ClassVar = "services"

    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(Part, frozen=True):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Part, frozen=True):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()

    @property
    def is_ready(self) -> bool:
        """A missing value reads as ready, as the API says consumers must."""
        return self.conditions.ready is not False


class EndpointSlice(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("discovery.k8s.io", "v1", "EndpointSlice")
    PLURAL: ClassVar = "endpointslices"

    endpoints: tuple[Endpoint, ...] = ()

    @property
    def service(self) -> str:
        return self.labels.get(SERVICE_NAME, "")
