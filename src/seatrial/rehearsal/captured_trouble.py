"""Keeps what was not ready in the capture not ready on the twin: nothing there heals by magic.

The modelled kubelet would start a pending pod and make it ready after a while. A pod whose cluster
could not do that must not become ready here either, nor may the pods that replace it, as long as they
run the same images: with other images nothing is known, and the model decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.pod_status import images
from seatrial.simulator.controllers.pods import condition, is_finished, is_ready
from seatrial.simulator.faults import Crash, ImagePull, NeverReady, PodFault
from seatrial.simulator.hooks import Reaction, RequestInfo
from seatrial.simulator.status import ApiError
from seatrial.simulator.workload_model import workload_name

_Workload = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Trouble:
    effect: PodFault
    images: frozenset[str]


class CapturedTrouble:
    """`hooks.Faults` and `PodFaults` of a twin, from the pods as they were captured."""

    def __init__(self, pods: Iterable[Obj]) -> None:
        self._pods: dict[str, PodFault] = {}
        self._workloads: dict[_Workload, _Trouble] = {}
        by_workload: dict[_Workload, list[Obj]] = defaultdict(list)
        for pod in pods:
            if not is_finished(pod) and not pod["metadata"].get("deletionTimestamp"):
                by_workload[_workload(pod)].append(pod)
        for workload, members in by_workload.items():
            unready = [pod for pod in members if not is_ready(pod)]
            for pod in unready:
                self._pods[_uid(pod)] = _effect(pod)
            if len(unready) == len(members) and not all(map(_waits_for_room, unready)):
                known = frozenset().union(*(images(pod) for pod in unready))
                self._workloads[workload] = _Trouble(_effect(unready[0]), known)

    @property
    def workloads(self) -> tuple[str, ...]:
        """Those of which no pod was ready: "shop/web"."""
        return tuple(sorted(f"{namespace}/{name}" for namespace, name in self._workloads))

    def react(self, request: RequestInfo) -> Reaction | None:
        return None

    def for_pod(self, pod: Obj, node: Obj | None) -> PodFault | None:
        own = self._pods.get(_uid(pod))
        if own is not None:
            return own
        trouble = self._workloads.get(_workload(pod))
        return trouble.effect if trouble is not None and images(pod) <= trouble.images else None

    def refuse_pod(self, namespace: str) -> ApiError | None:
        return None


def _effect(pod: Obj) -> PodFault:
    reasons = {
        str((container.get("state") or {}).get("waiting", {}).get("reason") or "")
        for container in (pod.get("status") or {}).get("containerStatuses") or ()
    }
    if reasons & {"ErrImagePull", "ImagePullBackOff", "InvalidImageName"}:
        return ImagePull()
    if reasons & {"CrashLoopBackOff", "RunContainerError"}:
        return Crash(message="as captured")
    return NeverReady()


def _waits_for_room(pod: Obj) -> bool:
    """No node would take it: when one comes that does, it may well start."""
    scheduled = condition(pod, "PodScheduled") or {}
    return not (pod.get("spec") or {}).get("nodeName") and scheduled.get("status") == "False"


def _workload(pod: Obj) -> _Workload:
    return str(pod["metadata"].get("namespace") or ""), workload_name(pod)


def _uid(pod: Obj) -> str:
    return str(pod["metadata"].get("uid") or "")
