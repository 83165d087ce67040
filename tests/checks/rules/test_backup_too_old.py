"""Backups that are fresh, old, or were never tried."""

from typing import Any

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case

CHECK = "backup-too-old"
VELERO = "velero.io/v1"
CRD = an_object(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "backups.velero.io", spec={"group": "velero.io"}
)


def _backup(
    when: str, *, phase: str = "Completed", expiration: str = "2027-01-01T00:00:00Z"
) -> dict[str, Any]:
    status = {"phase": phase, "completionTimestamp": when, "expiration": expiration}
    return an_object(VELERO, "Backup", f"daily-{when[8:10]}-{phase.lower()}", "velero", status=status)


def _volume_snapshot(when: str) -> dict[str, Any]:
    status = {"readyToUse": True, "creationTime": when}
    return an_object("snapshot.storage.k8s.io/v1", "VolumeSnapshot", "data", "shop", status=status)


RESTORED = an_object(VELERO, "Restore", "drill", "velero", status={"phase": "Completed"})
CASES = (
    Case(
        check=CHECK,
        name="an old backup, a paused schedule and no restore",
        severities=("warning", "info"),
        snapshot=a_snapshot(
            CRD,
            _backup("2026-11-01T02:00:00Z"),
            _backup("2026-11-21T02:00:00Z", phase="PartiallyFailed"),
            an_object(VELERO, "Schedule", "daily", "velero", spec={"schedule": "0 2 * * *", "paused": True}),
        ),
    ),
    Case(check=CHECK, name="a Velero that never made one", severities=("warning",), snapshot=a_snapshot(CRD)),
    Case(
        check=CHECK,
        name="a backup that expired",
        severities=("warning",),
        snapshot=a_snapshot(
            CRD, RESTORED, _backup("2026-11-21T02:00:00Z", expiration="2026-11-21T03:00:00Z")
        ),
    ),
    Case(
        check=CHECK,
        name="a fresh backup and a restore",
        severities=(),
        snapshot=a_snapshot(
            CRD, RESTORED, _backup("2026-11-21T02:00:00Z"), _volume_snapshot("2026-01-01T00:00:00Z")
        ),
    ),
    Case(
        check=CHECK,
        name="old snapshots of volumes and no Velero",
        severities=("info",),
        snapshot=a_snapshot(_volume_snapshot("2026-10-01T02:00:00Z")),
    ),
    Case(
        check=CHECK,
        name="a fresh snapshot of a volume",
        severities=(),
        snapshot=a_snapshot(_volume_snapshot("2026-11-20T02:00:00Z")),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
