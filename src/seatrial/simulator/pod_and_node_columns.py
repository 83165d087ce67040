"""The columns of pods and nodes, whose status kubectl sums up from many fields."""

from __future__ import annotations

from collections.abc import Callable

from seatrial.cluster.objects import Obj
from seatrial.simulator.columns import AGE, NAME, Column, listed, made, text


# pods
def _ready(pod: Obj) -> str:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    total = len((pod.get("spec") or {}).get("containers") or ())
    return f"{sum(1 for status in statuses if status.get('ready'))}/{total}"


def _restarts(pod: Obj) -> str:
    return str(
        sum(s.get("restartCount", 0) for s in (pod.get("status") or {}).get("containerStatuses") or ())
    )


def _phase(pod: Obj) -> str:
    """As kubectl sums a pod up: what its containers wait for or died of, before its phase."""
    status = pod.get("status") or {}
    shown = status.get("reason") or status.get("phase") or "Unknown"
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            shown = "SchedulingGated"
    for index, one in enumerate(status.get("initContainerStatuses") or ()):
        state = one.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended and not ended.get("exitCode"):
            continue
        if ended:
            return f"Init:{ended.get('reason') or 'ExitCode:' + str(ended.get('exitCode'))}"
        if waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waiting['reason']}"
        if not state.get("running") or not one.get("started"):
            return f"Init:{index}/{len((pod.get('spec') or {}).get('initContainers') or ())}"
    for one in reversed(status.get("containerStatuses") or ()):
        state = one.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            shown = state["waiting"]["reason"]
        elif state.get("terminated"):
            ended = state["terminated"]
            shown = ended.get("reason") or f"ExitCode:{ended.get('exitCode')}"
    if pod["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return str(shown)


PODS = (
    NAME,
    made("Ready", _ready),
    made("Status", _phase),
    made("Restarts", _restarts),
    AGE,
    text("status.podIP", "IP", wide=True),
    text("spec.nodeName", "Node", wide=True),
    text("status.nominatedNodeName", "Nominated Node", wide=True),
    Column("Readiness Gates", lambda obj, now: "<none>", priority=1),
)


# nodes
_ROLE = "node-role.kubernetes.io/"


def _node_status(node: Obj) -> str:
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = next((c for c in conditions if c.get("type") == "Ready"), None)
    shown = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    return f"{shown},SchedulingDisabled" if (node.get("spec") or {}).get("unschedulable") else shown


def _roles(node: Obj) -> str:
    labels = node["metadata"].get("labels") or {}
    return listed(sorted(name.removeprefix(_ROLE) for name in labels if name.startswith(_ROLE)))


def _address(kind: str) -> Callable[[Obj], str]:
    def address(node: Obj) -> str:
        found = (node.get("status") or {}).get("addresses") or ()
        return next((str(a["address"]) for a in found if a.get("type") == kind), "<none>")

    return address


NODES = (
    NAME,
    made("Status", _node_status),
    made("Roles", _roles),
    AGE,
    text("status.nodeInfo.kubeletVersion", "Version"),
    made("Internal-IP", _address("InternalIP"), wide=True),
    made("External-IP", _address("ExternalIP"), wide=True),
    text("status.nodeInfo.osImage", "OS-Image", absent="<unknown>", wide=True),
    text("status.nodeInfo.kernelVersion", "Kernel-Version", absent="<unknown>", wide=True),
    text("status.nodeInfo.containerRuntimeVersion", "Container-Runtime", absent="<unknown>", wide=True),
)
