"""CronJob and its forerunner to batch/v1: the same fields, with one rule about time zones."""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import Notes, part


def cron_job(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    if "TZ=" in str(spec.get("schedule", "")):
        notes(
            "The schedule names a time zone with TZ=, which new objects may not since 1.29: put the zone into"
            " spec.timeZone."
        )


def scheduled_job(obj: Obj, notes: Notes) -> None:
    obj["kind"] = "CronJob"
    cron_job(obj, notes)
