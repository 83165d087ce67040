"""CronJobs: a Job whenever the schedule says so, and only so many kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.controllers.cron_schedule import parse_schedule
from seatrial.simulator.controllers.jobs import finished_condition
from seatrial.simulator.controllers.kinds import CRON_JOBS, JOBS
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import (
    Plane,
    being_deleted,
    controller_of,
    owner_reference,
    parse_time,
    rfc3339,
)
from seatrial.simulator.store import ResourceKey

_SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"


class CronJobs:
    watches: Sequence[ResourceKey] = (CRON_JOBS, JOBS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._started = plane.clock.now()

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == CRON_JOBS:
            return () if change.deleted else ((meta["namespace"], meta["name"]),)
        owner = controller_of(change.obj)
        is_ours = owner is not None and owner.get("kind") == "CronJob"
        return ((meta["namespace"], owner["name"]),) if owner and is_ours else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        cron_job = self._plane.store.peek(CRON_JOBS, namespace, name)
        if cron_job is None or being_deleted(cron_job):
            return None
        self._trim(cron_job)
        status = dict(cron_job.get("status") or {})
        again = None if cron_job["spec"].get("suspend") else self._run_if_due(cron_job, status)
        jobs = self._plane.owned(cron_job["metadata"]["uid"], JOBS)
        status["active"] = [_reference(job) for job in jobs if finished_condition(job) is None] or None
        ended = [str((job.get("status") or {}).get("completionTime") or "") for job in jobs]
        last = max([*ended, str(status.get("lastSuccessfulTime") or "")])
        status["lastSuccessfulTime"] = last or None
        self._plane.write_status(CRON_JOBS, cron_job, status)
        return again

    def _run_if_due(self, cron_job: Obj, status: dict[str, Any]) -> float | None:
        """Start the job of the last missed time; seconds to the next one."""
        spec = cron_job["spec"]
        try:
            schedule = parse_schedule(str(spec.get("schedule")))
            zone = ZoneInfo(spec["timeZone"]) if spec.get("timeZone") else UTC
        except (BadInput, ZoneInfoNotFoundError, ValueError):
            why = f"unparseable schedule: {spec.get('schedule')}"
            self._plane.warn(CRON_JOBS, "CronJob", cron_job, "UnparseableSchedule", why)
            return None
        now = self._plane.clock.now()
        due = schedule.next_after(self._last_look(cron_job, status).astimezone(zone))
        latest: datetime | None = None
        for _ in range(1000):  # a clock that jumped far: the newest of the missed times counts
            if due is None or due > now:
                break
            latest, due = due, schedule.next_after(due)
        else:
            latest, due = now, schedule.next_after(now.astimezone(zone))
        if latest is not None:
            patience = spec.get("startingDeadlineSeconds")
            if patience is None or (now - latest).total_seconds() <= int(patience):
                self._start(cron_job, latest.astimezone(UTC), status)
        return None if due is None else max(0.0, (due - now).total_seconds())

    def _last_look(self, cron_job: Obj, status: dict[str, Any]) -> datetime:
        """Never before the simulation began: a twin does not catch up on its snapshot's age."""
        last = status.get("lastScheduleTime") or cron_job["metadata"].get("creationTimestamp")
        return max(parse_time(last), self._started) if last else self._started

    def _start(self, cron_job: Obj, due: datetime, status: dict[str, Any]) -> None:
        meta, spec = cron_job["metadata"], cron_job["spec"]
        running = [
            job
            for job in self._plane.owned(meta["uid"], JOBS)
            if finished_condition(job) is None and not being_deleted(job)
        ]
        if running and spec.get("concurrencyPolicy") == "Forbid":
            return
        if spec.get("concurrencyPolicy") == "Replace":
            self._delete(running)
        name = f"{meta['name']}-{int(due.timestamp()) // 60}"
        if self._plane.store.raw(JOBS, meta["namespace"], name) is None:
            template = spec["jobTemplate"]
            template_meta = template.get("metadata") or {}
            self._plane.verbs.create(
                JOBS,
                {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "metadata": {
                        "name": name,
                        "namespace": meta["namespace"],
                        "labels": dict(template_meta.get("labels") or {}),
                        "annotations": {
                            **(template_meta.get("annotations") or {}),
                            _SCHEDULED: rfc3339(due),
                        },
                        "ownerReferences": [owner_reference(cron_job, "batch/v1", "CronJob")],
                    },
                    "spec": deepcopy(template["spec"]),
                },
            )
        status["lastScheduleTime"] = rfc3339(due)

    def _trim(self, cron_job: Obj) -> None:
        """Delete the oldest finished jobs beyond the history limits."""
        spec = cron_job["spec"]
        finished: dict[str, list[Obj]] = {"Complete": [], "Failed": []}
        for job in self._plane.owned(cron_job["metadata"]["uid"], JOBS):
            over = finished_condition(job)
            if over is not None and not being_deleted(job):
                finished[str(over["type"])].append(job)
        for kind, field, default in (
            ("Complete", "successfulJobsHistoryLimit", 3),
            ("Failed", "failedJobsHistoryLimit", 1),
        ):
            limit = default if spec.get(field) is None else int(spec[field])
            oldest_first = sorted(
                finished[kind],
                key=lambda j: (str((j.get("status") or {}).get("startTime")), j["metadata"]["name"]),
            )
            self._delete(oldest_first[: max(0, len(oldest_first) - limit)])

    def _delete(self, jobs: Sequence[Obj]) -> None:
        for job in jobs:
            meta = job["metadata"]
            options = DeleteOptions(propagation="Background")
            self._plane.verbs.delete(JOBS, meta["namespace"], meta["name"], options)


def _age_order(job: Obj) -> tuple[str, str]:
    return str((job.get("status") or {}).get("startTime")), job["metadata"]["name"]


def _reference(job: Obj) -> Obj:
    meta = job["metadata"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": meta["name"],
        "namespace": meta["namespace"],
        "uid": meta["uid"],
    }
