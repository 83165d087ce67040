"""Jobs: pods that run to completion, tried again until the back-off limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.controllers.kinds import JOBS, PODS
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted, controller_of
from seatrial.simulator.controllers.pods import create_pod, is_active, is_ready, pods_of, with_condition
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import ResourceKey

_INDEX = "batch.kubernetes.io/job-completion-index"
_BACK_OFF = 10.0  # seconds before the pod after the first failed one; doubles
_LONGEST_BACK_OFF = 600.0
_DEFAULT_LIMIT = 6


class Jobs:
    watches: Sequence[ResourceKey] = (JOBS, PODS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._failed_at: dict[str, tuple[int, float]] = {}

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == JOBS:
            if change.deleted:
                self._failed_at.pop(meta["uid"], None)
                return ()
            return ((meta["namespace"], meta["name"]),)
        owner = controller_of(change.obj)
        is_ours = owner is not None and owner.get("kind") == "Job"
        return ((meta["namespace"], owner["name"]),) if owner and is_ours else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        job = self._plane.store.peek(JOBS, namespace, name)
        if job is None or being_deleted(job):
            return None
        if finished_condition(job) is not None:
            return self._expire(job)
        pods = pods_of(self._plane, job)
        status = self._count(job, pods)
        verdict = self._verdict(job, status, pods)
        if verdict is not None:
            self._finish(job, status, pods, *verdict)
            return 0.0
        again: float | None = None
        refused: ApiError | None = None
        if job["spec"].get("suspend"):
            self._suspend(status, pods)
        else:
            status["startTime"] = status.get("startTime") or self._plane.now()
            try:
                again = self._start_pods(job, status, pods)
            except ApiError as refusal:
                refused = refusal
                self._plane.warn(JOBS, "Job", job, "FailedCreate", f"Error creating: {refusal.message}")
        active = [pod for pod in pods_of(self._plane, job) if is_active(pod)]
        status["active"] = len(active) or None
        status["ready"] = sum(is_ready(pod) for pod in active)
        self._plane.write_status(JOBS, job, status)
        if refused is not None:
            raise refused
        return _soonest(again, self._seconds_to_deadline(job, status))

    def _count(self, job: Obj, pods: Sequence[Obj]) -> dict[str, Any]:
        """Pods that were counted and have since been deleted still count."""
        status = dict(job.get("status") or {})
        phases = [(pod.get("status") or {}).get("phase") for pod in pods]
        for field, phase in (("succeeded", "Succeeded"), ("failed", "Failed")):
            status[field] = max(int(status.get(field) or 0), phases.count(phase)) or None
        status["uncountedTerminatedPods"] = {}
        return status

    def _verdict(self, job: Obj, status: dict[str, Any], pods: Sequence[Obj]) -> tuple[str, str, str] | None:
        """(condition type, reason, message) once the job is over."""
        spec = job["spec"]
        limit = spec.get("backoffLimit")
        limit = _DEFAULT_LIMIT if limit is None else int(limit)
        tries = int(status.get("failed") or 0) + sum(_restarts(pod) for pod in pods if is_active(pod))
        if tries > limit:
            return "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        deadline = spec.get("activeDeadlineSeconds")
        started = status.get("startTime")
        if deadline is not None and started and self._plane.age(started) >= int(deadline):
            return "Failed", "DeadlineExceeded", "Job was active longer than specified deadline"
        succeeded = int(status.get("succeeded") or 0)
        completions = spec.get("completions")
        if completions is None:
            over = succeeded > 0 and not any(is_active(pod) for pod in pods)
        else:
            over = succeeded >= int(completions)
        if over:
            return "Complete", "CompletionsReached", "Reached expected number of succeeded pods"
        return None

    def _finish(
        self,
        job: Obj,
        status: dict[str, Any],
        pods: Sequence[Obj],
        kind: str,
        reason: str,
        message: str,
    ) -> None:
        for pod in pods:
            if is_active(pod):
                self._delete(pod)
        now = self._plane.now()
        conditions = list(status.get("conditions") or ())
        first = "SuccessCriteriaMet" if kind == "Complete" else "FailureTarget"
        for condition in (first, kind):
            conditions = with_condition(
                conditions, condition, "True", now, reason, message, lastProbeTime=now
            )
        status.update(conditions=conditions, active=None, ready=0)
        if kind == "Complete":
            status["completionTime"] = now
        self._plane.write_status(JOBS, job, status)

    def _start_pods(self, job: Obj, status: dict[str, Any], pods: Sequence[Obj]) -> float | None:
        spec = job["spec"]
        active = [pod for pod in pods if is_active(pod)]
        succeeded, completions = int(status.get("succeeded") or 0), spec.get("completions")
        parallelism = spec.get("parallelism")
        wanted = 1 if parallelism is None else int(parallelism)
        if completions is not None:
            wanted = min(wanted, int(completions) - succeeded)
        elif succeeded:
            wanted = len(active)  # a work queue that is running dry gets no new workers
        for pod in active[max(0, wanted) :]:
            self._delete(pod)
        missing = wanted - len(active)
        if missing <= 0:
            return None
        wait = self._back_off(job, int(status.get("failed") or 0))
        if wait > 0:
            return wait
        indexed = spec.get("completionMode") == "Indexed"
        free = _free_indexes(pods, int(completions or 0)) if indexed else ()
        for number in range(missing):
            index = free[number] if indexed and number < len(free) else None
            self._create(job, index)
        return None

    def _back_off(self, job: Obj, failed: int) -> float:
        """Seconds still to wait after the last failure that was counted."""
        if not failed:
            return 0.0
        uid, now = job["metadata"]["uid"], self._plane.clock.monotonic()
        known = self._failed_at.get(uid)
        if known is None or known[0] != failed:
            known = self._failed_at[uid] = (failed, now)
        return known[1] + min(_LONGEST_BACK_OFF, _BACK_OFF * 2.0 ** (failed - 1)) - now

    def _create(self, job: Obj, index: int | None) -> None:
        meta, template = job["metadata"], job["spec"]["template"]
        labels = {
            "batch.kubernetes.io/controller-uid": meta["uid"],
            "batch.kubernetes.io/job-name": meta["name"],
            "controller-uid": meta["uid"],
            "job-name": meta["name"],
        }
        annotations = {}
        if index is not None:
            annotations[_INDEX] = labels[_INDEX] = str(index)
        create_pod(self._plane, job, "batch/v1", "Job", template, labels=labels, annotations=annotations)

    def _suspend(self, status: dict[str, Any], pods: Sequence[Obj]) -> None:
        for pod in pods:
            if is_active(pod):
                self._delete(pod)
        status["startTime"] = None
        conditions = list(status.get("conditions") or ())
        status["conditions"] = with_condition(
            conditions, "Suspended", "True", self._plane.now(), "JobSuspended", "Job suspended"
        )

    def _expire(self, job: Obj) -> float | None:
        """Delete a finished job when its time to live is over."""
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        over = finished_condition(job)
        if seconds is None or over is None:
            return None
        left = int(seconds) - self._plane.age(str(over.get("lastTransitionTime")))
        if left > 0:
            return left
        meta = job["metadata"]
        options = DeleteOptions(propagation="Foreground")
        self._plane.verbs.delete(JOBS, meta["namespace"], meta["name"], options)
        return None

    def _seconds_to_deadline(self, job: Obj, status: dict[str, Any]) -> float | None:
        deadline = job["spec"].get("activeDeadlineSeconds")
        if deadline is None or not status.get("startTime"):
            return None
        return max(0.0, int(deadline) - self._plane.age(status["startTime"]))

    def _delete(self, pod: Obj) -> None:
        self._plane.verbs.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])


def finished_condition(job: Obj) -> dict[str, Any] | None:
    """The Complete or Failed condition of a job that is over."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("type") in ("Complete", "Failed") and condition.get("status") == "True":
            return dict(condition)
    return None


def _free_indexes(pods: Sequence[Obj], completions: int) -> list[int]:
    taken = {
        (pod["metadata"].get("annotations") or {}).get(_INDEX)
        for pod in pods
        if is_active(pod) or (pod.get("status") or {}).get("phase") == "Succeeded"
    }
    return [index for index in range(completions) if str(index) not in taken]


def _restarts(pod: Obj) -> int:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return max((int(c.get("restartCount") or 0) for c in statuses), default=0)


def _soonest(*waits: float | None) -> float | None:
    return min((wait for wait in waits if wait is not None), default=None)
