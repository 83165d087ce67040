"""Why a pod does not run as it should, in the words that kubectl shows."""

from __future__ import annotations

from datetime import timedelta

from seatrial.checks.ages import age, is_older
from seatrial.checks.check import Context
from seatrial.cluster.models import Pod

_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})
_PATIENCE = timedelta(minutes=10)


def failure_of(context: Context, pod: Pod) -> str:
    """Why it counts as failing; empty for a pod that is well, or may still be starting."""
    if pod.is_ready:
        return ""
    if reason := reason_of_failure(pod):
        return reason
    if pod.status.phase == "Pending":
        return "Pending" if is_older(context, pod.metadata.creation_timestamp, _PATIENCE) else ""
    ready = next((each for each in pod.status.conditions if each.type == "Ready"), None)
    since = ready.last_transition_time if ready else ""
    return "not ready" if is_older(context, since, _PATIENCE) else ""


def is_starting(context: Context, pod: Pod) -> bool:
    """It was made minutes ago, is not ready yet, and nothing says that it fails: a rollout in progress."""
    if pod.is_ready or pod.is_finished or reason_of_failure(pod):
        return False
    passed = age(context, pod.metadata.creation_timestamp)
    return passed is not None and passed <= _PATIENCE


def reason_of_failure(pod: Pod) -> str:
    """ "CrashLoopBackOff", "ImagePullBackOff", "Error"…; empty while no container says that it fails."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    for each in statuses:
        waiting = each.state.waiting
        if waiting is not None and waiting.reason not in _STARTING:
            return waiting.reason
    for each in statuses:
        ended = each.state.terminated
        if ended is not None and ended.reason not in ("Completed", ""):
            return ended.reason
    return pod.status.reason if pod.status.phase == "Failed" else ""
