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
