"""There is no fresh backup to go back to, or nobody ever tried to restore one.

**What.** On clusters with Velero: the age of its last completed backup that has not expired, schedules
that are paused, and whether any restore has ever completed. Where there is no Velero: the age of the
newest snapshot of a volume, if the cluster takes any. Backups outside the cluster cannot be seen.

**Why.** A control plane cannot be taken back to the minor before. What an upgrade damages comes back from
a backup or not at all, and a backup that nobody ever restored is a hope.

**How to fix.** Make a backup right before the upgrade (`velero backup create`), and restore it once into a
namespace of another name.

**Source.** velero.io/docs, Backup, Schedule and Restore.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from seatrial.checks.ages import age, spelled
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Backup, CustomResourceDefinition, Restore, Schedule, VolumeSnapshot

_FRESH = timedelta(days=1)
_SNAPSHOTS_FRESH = timedelta(days=7)
_VELERO = "backups.velero.io"
_SOURCE = "velero.io/docs"


@check(
    id="backup-too-old",
    title="No fresh backup to go back to",
    reads=(Backup, Schedule, Restore, VolumeSnapshot, CustomResourceDefinition),
)
def backup_too_old(check: Check, context: Context) -> Found:
    has_velero = any(each.name == _VELERO for each in context.read(CustomResourceDefinition))
    if not (has_velero or context.read(Backup)):
        yield from _snapshots(check, context)
        return
    done = [each for each in context.read(Backup) if _is_usable(each, context)]
    newest = _newest((each.status.completion_timestamp for each in done), context)
    paused = [each for each in context.read(Schedule) if each.spec.paused]
    if newest is None or newest > _FRESH:
        state = "no completed backup" if newest is None else f"no completed backup for {spelled(newest)}"
        more = f" Paused: {named(each.name for each in paused)}." if paused else ""
        yield check.finding(
            Severity.WARNING,
            f"Velero has {state}: after the upgrade there is nothing fresh to go back to.{more}",
            objects=[each.ref for each in paused],
            fix="Run `velero backup create` right before the upgrade, and look why the schedule does not.",
            source=_SOURCE,
        )
    if done and not any(each.status.phase == "Completed" for each in context.read(Restore)):
        yield check.finding(
            Severity.INFO,
            "No restore that Velero still remembers has completed: nobody knows whether its backups"
            " are any good.",
            fix="Restore one backup into a namespace of another name.",
            source=_SOURCE,
        )


def _is_usable(backup: Backup, context: Context) -> bool:
    past_end = age(context, backup.status.expiration)
    return backup.status.phase == "Completed" and (past_end is None or past_end < timedelta())


def _newest(timestamps: Iterable[str], context: Context) -> timedelta | None:
    return min((found for each in timestamps if (found := age(context, each)) is not None), default=None)


def _snapshots(check: Check, context: Context) -> Found:
    ready = [each for each in context.read(VolumeSnapshot) if each.status.ready_to_use]
    newest = _newest((each.status.creation_time for each in ready), context)
    if newest is not None and newest > _SNAPSHOTS_FRESH:
        yield check.finding(
            Severity.INFO,
            f"The newest of {len(ready)} snapshots of volumes is {spelled(newest)} old.",
            fix="Take snapshots of the volumes that matter right before the upgrade.",
            source="kubernetes.io/docs/concepts/storage/volume-snapshots",
        )
