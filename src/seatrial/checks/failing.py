"""Why a pod does not run as it should, in the words that kubectl shows."""

from __future__ import annotations

from seatrial.cluster.models import Pod

_PATIENCE = frozenset({"ContainerCreating", "PodInitializing", ""})


def reason_of_failure(pod: Pod) -> str:
    """ "CrashLoopBackOff", "ImagePullBackOff", "Error"…; empty while nothing says that it fails."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    for each in statuses:
        waiting = each.state.waiting
        if waiting is not None and waiting.reason not in _PATIENCE:
            return waiting.reason
    for each in statuses:
        ended = each.state.terminated
        if ended is not None and ended.reason not in ("Completed", ""):
            return ended.reason
    return pod.status.reason if pod.status.phase == "Failed" else ""
