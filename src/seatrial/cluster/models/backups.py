"""Backups: Velero's records of what was kept and tried, and snapshots of volumes."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind

_VELERO = "velero.io"


class BackupStatus(Part, frozen=True):
    phase: str = ""
    completion_timestamp: str = ""
    expiration: str = ""


class Backup(Resource, frozen=True):
    API: ClassVar = GroupVersionKind(_VELERO, "v1", "Backup")
    PLURAL: ClassVar = "backups"
    OPTIONAL: ClassVar = True

    status: BackupStatus = BackupStatus()


class RestoreStatus(Part, frozen=True):
    phase: str = ""
    completion_timestamp: str = ""


class Restore(Resource, frozen=True):
    API: ClassVar = GroupVersionKind(_VELERO, "v1", "Restore")
    PLURAL: ClassVar = "restores"
    OPTIONAL: ClassVar = True

    status: RestoreStatus = RestoreStatus()


class ScheduleSpec(Part, frozen=True):
    paused: bool = False


class ScheduleStatus(Part, frozen=True):
    phase: str = ""
    last_backup: str = ""


class Schedule(Resource, frozen=True):
    API: ClassVar = GroupVersionKind(_VELERO, "v1", "Schedule")
    PLURAL: ClassVar = "schedules"
    OPTIONAL: ClassVar = True

    spec: ScheduleSpec = ScheduleSpec()
    status: ScheduleStatus = ScheduleStatus()


class VolumeSnapshotStatus(Part, frozen=True):
    ready_to_use: bool = False
    creation_time: str = ""


class VolumeSnapshot(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("snapshot.storage.k8s.io", "v1", "VolumeSnapshot")
    PLURAL: ClassVar = "volumesnapshots"
    OPTIONAL: ClassVar = True

    status: VolumeSnapshotStatus = VolumeSnapshotStatus()
