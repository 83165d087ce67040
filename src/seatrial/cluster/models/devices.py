"""Devices that drivers offer by dynamic resource allocation."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class ResourceSliceSpec(Part, frozen=True):
    driver: str = ""


class ResourceSlice(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("resource.k8s.io", "v1", "ResourceSlice")
    PLURAL: ClassVar = "resourceslices"
    OPTIONAL: ClassVar = True

    spec: ResourceSliceSpec = ResourceSliceSpec()


class DeviceStatus(Part, frozen=True):
    """What a driver says of one device, if it says anything."""

    driver: str = ""


class ResourceClaimStatus(Part, frozen=True):
    devices: tuple[DeviceStatus, ...] = ()


class ResourceClaim(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("resource.k8s.io", "v1", "ResourceClaim")
    PLURAL: ClassVar = "resourceclaims"
    OPTIONAL: ClassVar = True

    status: ResourceClaimStatus = ResourceClaimStatus()
