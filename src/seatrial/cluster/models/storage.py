"""Volumes and the claims on them."""

from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.models.pods import Driver, DriverVolume, HostPath, NodeSelector
from seatrial.cluster.objects import GroupVersionKind


class ClaimSpec(Part, frozen=True):
    volume_name: str = ""
    storage_class_name: str | None = None
    access_modes: tuple[str, ...] = ()


class ClaimStatus(Part, frozen=True):
    phase: str = ""


class PersistentVolumeClaim(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("", "v1", "PersistentVolumeClaim")
    PLURAL: ClassVar = "persistentvolumeclaims"

    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


class ClaimReference(Part, frozen=True):
    namespace: str = ""
    name: str = ""


class LocalVolume(Part, frozen=True):
    path: str = ""


class VolumeNodeAffinity(Part, frozen=True):
    required: NodeSelector | None = None


class VolumeSpec(DriverVolume, frozen=True):
    claim_ref: ClaimReference | None = None
    storage_class_name: str = ""
    persistent_volume_reclaim_policy: str = ""
    node_affinity: VolumeNodeAffinity = VolumeNodeAffinity()
    local: LocalVolume | None = None
    host_path: HostPath | None = None
    csi: Driver | None = None


class VolumeStatus(Part, frozen=True):
    phase: str = ""


class PersistentVolume(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("", "v1", "PersistentVolume")
    PLURAL: ClassVar = "persistentvolumes"

    spec: VolumeSpec = VolumeSpec()
    status: VolumeStatus = VolumeStatus()


class StorageClass(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("storage.k8s.io", "v1", "StorageClass")
    PLURAL: ClassVar = "storageclasses"

    provisioner: str = ""


class CSIDriverSpec(Part, frozen=True):
    se_linux_mount: bool = msgspec.field(default=False, name="seLinuxMount")


class CSIDriver(Resource, frozen=True):
    """That a driver is installed, and what it lets the kubelet do."""

    API: ClassVar = GroupVersionKind("storage.k8s.io", "v1", "CSIDriver")
    PLURAL: ClassVar = "csidrivers"

    spec: CSIDriverSpec = CSIDriverSpec()
