"""The status that a kubelet writes at each stage of a pod's life, as pure functions of the pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.pods import with_condition


def creating(pod: Obj, now: str) -> Obj:
    status = _base(pod)
    status["phase"] = "Pending"
    status["startTime"] = status.get("startTime") or now
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    status["containerStatuses"] = [_container(c, waiting, started=False) for c in _containers(pod)]
    return _conditions(status, now, initialized=True, ready=False)


def pull_failed(pod: Obj, now: str, message: str, failures: int) -> Obj:
    status = creating(pod, now)
    reason = "ImagePullBackOff" if failures else "ErrImagePull"
    for container in status["containerStatuses"]:
        text = f'Back-off pulling image "{container["image"]}": {message}' if failures else message
        container["state"] = {"waiting": {"reason": reason, "message": text}}
    return status


def running(pod: Obj, now: str, address: str, host: str, *, restarts: int = 0) -> Obj:
    status = _base(pod)
    last = {c["name"]: c.get("lastState") for c in status.get("containerStatuses") or ()}
    status["phase"] = "Running"
    status["startTime"] = status.get("startTime") or now
    status["hostIP"] = host
    status["hostIPs"] = [{"ip": host}]
    status["podIP"] = host if pod["spec"].get("hostNetwork") else address
    status["podIPs"] = [{"ip": status["podIP"]}]
    started = {"running": {"startedAt": now}}
    status["containerStatuses"] = [
        _container(c, started, started=True, restarts=restarts, last=last.get(c["name"]))
        for c in _containers(pod)
    ]
    initial = pod["spec"].get("initContainers") or ()
    if initial:
        status["initContainerStatuses"] = [_initialized(c, now) for c in initial]
    return _conditions(status, now, initialized=True, ready=False)


def ready(pod: Obj, now: str) -> Obj:
    status = _base(pod)
    status["containerStatuses"] = [{**c, "ready": True} for c in status.get("containerStatuses") or ()]
    return _conditions(status, now, initialized=True, ready=True)


def not_ready(pod: Obj, now: str) -> Obj:
    """A pod that is being stopped leaves its Services at once."""
    if not pod.get("status", {}).get("containerStatuses"):
        return _base(pod)
    status = _base(pod)
    status["containerStatuses"] = [{**c, "ready": False} for c in status["containerStatuses"]]
    return _conditions(status, now, initialized=True, ready=False)


def out_of_sight(pod: Obj, now: str) -> Obj:
    """Its node is not ready: nobody can say that the pod is, though its containers may well run."""
    status = _base(pod)
    status["conditions"] = with_condition(list(status.get("conditions") or ()), "Ready", "False", now)
    return status


def crashed(pod: Obj, now: str, exit_code: int, message: str) -> Obj:
    status = _base(pod)
    exited = _terminated(exit_code, now, message)
    waiting = {
        "reason": "CrashLoopBackOff",
        "message": f"back-off restarting failed container in pod {pod['metadata']['name']}",
    }
    status["containerStatuses"] = [
        {**c, "ready": False, "started": False, "state": {"waiting": waiting}, "lastState": exited}
        for c in status.get("containerStatuses") or ()
    ]
    return _conditions(status, now, initialized=True, ready=False)


def finished(pod: Obj, now: str, *, exit_code: int, message: str = "") -> Obj:
    status = _base(pod)
    status["phase"] = "Failed" if exit_code else "Succeeded"
    status["containerStatuses"] = [
        {**c, "ready": False, "started": False, "state": _terminated(exit_code, now, message)}
        for c in status.get("containerStatuses") or ()
    ]
    reason = "PodFailed" if exit_code else "PodCompleted"
    return _conditions(status, now, initialized=True, ready=False, reason=reason)


def is_started(pod: Obj) -> bool:
    """Its containers were started (and so have to be stopped)."""
    return (pod.get("status") or {}).get("phase") in ("Running", "Succeeded", "Failed")


def all_containers_ready(pod: Obj) -> bool:
    listed = (pod.get("status") or {}).get("containerStatuses") or ()
    return bool(listed) and all(c.get("ready") for c in listed)


def waiting_reasons(pod: Obj) -> set[str]:
    status = pod.get("status") or {}
    listed = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    return {str(w.get("reason")) for c in listed if (w := (c.get("state") or {}).get("waiting"))}


def images(pod: Obj) -> set[str]:
    spec = pod.get("spec") or {}
    listed = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    return {str(c.get("image")) for c in listed}


def address_of(pod: Obj) -> str:
    return str((pod.get("status") or {}).get("podIP") or "")


def host_address(node: Obj) -> str:
    for address in (node.get("status") or {}).get("addresses") or ():
        if address.get("type") == "InternalIP":
            return str(address["address"])
    return ""


def _base(pod: Obj) -> Obj:
    return dict(pod.get("status") or {})


def _containers(pod: Obj) -> list[Mapping[str, Any]]:
    return list(pod["spec"].get("containers") or ())


def _container(
    container: Mapping[str, Any],
    state: Mapping[str, Any],
    *,
    started: bool,
    restarts: int = 0,
    last: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": f"{container.get('image', '')}" if started else "",
        "ready": False,
        "started": started,
        "restartCount": restarts,
        "state": dict(state),
        "lastState": dict(last or {}),
    }


def _initialized(container: Mapping[str, Any], now: str) -> dict[str, Any]:
    if container.get("restartPolicy") == "Always":
        return {**_container(container, {"running": {"startedAt": now}}, started=True), "ready": True}
    return {**_container(container, _terminated(0, now), started=False), "ready": True}


def _terminated(exit_code: int, now: str, message: str = "") -> dict[str, Any]:
    ended: dict[str, Any] = {
        "exitCode": exit_code,
        "reason": "Error" if exit_code else "Completed",
        "startedAt": now,
        "finishedAt": now,
    }
    if message:
        ended["message"] = message
    return {"terminated": ended}


def _conditions(status: Obj, now: str, *, initialized: bool, ready: bool, reason: str = "") -> Obj:
    reason = "" if ready else reason or "ContainersNotReady"
    names = " ".join(c["name"] for c in status.get("containerStatuses") or ())
    message = f"containers with unready status: [{names}]" if reason == "ContainersNotReady" else ""
    conditions = list(status.get("conditions") or ())
    conditions = with_condition(conditions, "Initialized", str(initialized), now)
    conditions = with_condition(conditions, "Ready", str(ready), now, reason, message)
    conditions = with_condition(conditions, "ContainersReady", str(ready), now, reason, message)
    status["conditions"] = with_condition(conditions, "PodScheduled", "True", now)
    return status
