"""Faults on demand, declared as data: what the API, or the pods of a workload, should do wrong.

A `FaultPlan` is plain data (JSON or YAML, see `read_fault_plan`); `ActiveFaults` applies it to one
cluster and counts. Nothing else in the simulator knows that a failure was planted.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import msgspec

from seatrial.clock import Clock
from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.simulator.hooks import Reaction, RequestInfo
from seatrial.simulator.matching import labels_match, map_matches
from seatrial.simulator.status import ApiError
from seatrial.simulator.workload_model import workload_name


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    pass


class _Effect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag_field="type"):
    pass


# what the API does
class Slow(_Effect, frozen=True, tag="slow"):
    """Answer `seconds` later."""

    seconds: float


class Refuse(_Effect, frozen=True, tag="refuse"):
    """Answer with an HTTP error: 429 (with `retryAfter` seconds), 500, 503, 504 ..."""

    code: int
    message: str = ""
    retry_after: int | None = None


class ExpireToken(_Effect, frozen=True, tag="expireToken"):
    """Answer 401 as if the token had expired."""


class Cut(_Effect, frozen=True, tag="cut"):
    """Close the connection without an answer."""


class ApiFault(_Data, frozen=True):
    """One effect on the requests that match; empty matchers match all.

    `times` ends it after that many requests, `after` and `seconds` bound it in time, both counted from
    the moment the fault became active.
    """

    effect: Slow | Refuse | ExpireToken | Cut
    verbs: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    times: int | None = None
    after: float = 0.0
    seconds: float | None = None


# what pods do
class Crash(_Effect, frozen=True, tag="crash"):
    """The containers exit `after` seconds after each start: CrashLoopBackOff."""

    exit_code: int = 1
    message: str = ""
    after: float = 1.0


class NeverReady(_Effect, frozen=True, tag="neverReady"):
    """The containers run, but the readiness probe never succeeds."""


class ImagePull(_Effect, frozen=True, tag="imagePull"):
    """The image cannot be pulled: ErrImagePull, then ImagePullBackOff."""

    message: str = "failed to resolve reference: not found"


class NeverStops(_Effect, frozen=True, tag="neverStops"):
    """The containers ignore SIGTERM: deletion takes the whole grace period."""


PodFault = Crash | NeverReady | ImagePull | NeverStops


class WorkloadFault(_Data, frozen=True):
    """One effect on the pods that match; empty matchers match all.

    `workload` is a name such as "web" (of the Deployment); `image` a part of an image reference;
    `node_labels` and `kubelet` ("1.37") narrow it to the nodes where it happens.
    """

    effect: PodFault
    namespace: str = ""
    workload: str = ""
    selector: dict[str, Any] | None = None
    image: str = ""
    node_labels: dict[str, str] = {}
    kubelet: str = ""
    times: int | None = None


class QuotaFault(_Data, frozen=True):
    """No further pod can be created in the namespace."""

    namespace: str
    quota: str = "pods"


class FaultPlan(_Data, frozen=True):
    api: tuple[ApiFault, ...] = ()
    workloads: tuple[WorkloadFault, ...] = ()
    quotas: tuple[QuotaFault, ...] = ()


@runtime_checkable
class PodFaults(Protocol):
    """What the controllers ask."""

    def for_pod(self, pod: Obj, node: Obj | None) -> PodFault | None: ...

    def refuse_pod(self, namespace: str) -> ApiError | None: ...


class NoPodFaults:
    def for_pod(self, pod: Obj, node: Obj | None) -> PodFault | None:
        return None

    def refuse_pod(self, namespace: str) -> ApiError | None:
        return None


def read_fault_plan(data: Any, *, where: str = "") -> FaultPlan:
    """A `FaultPlan` from decoded JSON or YAML; `BadInput` says which field is wrong."""
    try:
        return msgspec.convert(data, FaultPlan)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"this is not a fault plan: {error}.", where=where, next_step="Correct the field and try again."
        ) from None


class ActiveFaults:
    """`hooks.Faults` and `PodFaults` of one cluster: a plan, and how much of it was used."""

    def __init__(self, clock: Clock, plan: FaultPlan | None = None) -> None:
        self._clock = clock
        self.replace(plan or FaultPlan())

    def replace(self, plan: FaultPlan) -> None:
        """Make `plan` the active one; its counts and times start now."""
        self.plan = plan
        self._since = self._clock.monotonic()
        self._api_hits = [0] * len(plan.api)
        self._pod_hits: list[set[str]] = [set() for _ in plan.workloads]

    def react(self, request: RequestInfo) -> Reaction | None:
        delay = 0.0
        elapsed = self._clock.monotonic() - self._since
        for number, fault in enumerate(self.plan.api):
            if not self._in_force(number, fault, elapsed) or not _request_matches(fault, request):
                continue
            self._api_hits[number] += 1
            match fault.effect:
                case Slow(seconds):
                    delay += seconds
                case Refuse(code, message, retry_after):
                    message = message or _REFUSALS.get(code, "an error on the server has been injected")
                    return Reaction(delay, ApiError(code, message, retry_after=retry_after))
                case ExpireToken():
                    return Reaction(delay, ApiError(401, "Unauthorized"))
                case Cut():
                    return Reaction(delay, cut=True)
        return Reaction(delay) if delay else None

    def for_pod(self, pod: Obj, node: Obj | None) -> PodFault | None:
        uid = pod["metadata"].get("uid", "")
        for number, fault in enumerate(self.plan.workloads):
            hits = self._pod_hits[number]
            if fault.times is not None and uid not in hits and len(hits) >= fault.times:
                continue
            if _pod_matches(fault, pod, node):
                if fault.times is not None:
                    hits.add(uid)
                return fault.effect
        return None

    def refuse_pod(self, namespace: str) -> ApiError | None:
        for fault in self.plan.quotas:
            if fault.namespace == namespace:
                used = "requested: pods=1, used: pods=0, limited: pods=0"
                return ApiError(403, f"pods is forbidden: exceeded quota: {fault.quota}, {used}")
        return None

    def _in_force(self, number: int, fault: ApiFault, elapsed: float) -> bool:
        if fault.times is not None and self._api_hits[number] >= fault.times:
            return False
        return fault.after <= elapsed and (fault.seconds is None or elapsed < fault.after + fault.seconds)


_REFUSALS = {
    429: "the server has received too many requests and has asked us to try again later",
    500: "an error on the server has prevented the request from succeeding",
    503: "the server is currently unable to handle the request",
    504: "the server was unable to return a response in the time allotted",
}


def _request_matches(fault: ApiFault, request: RequestInfo) -> bool:
    resource = request.resource.resource if request.resource else ""
    if request.subresource:
        resource = f"{resource}/{request.subresource}"
    return (
        (not fault.verbs or request.verb in fault.verbs)
        and (not fault.resources or resource in fault.resources)
        and (not fault.namespaces or request.namespace in fault.namespaces)
    )


def _pod_matches(fault: WorkloadFault, pod: Obj, node: Obj | None) -> bool:
    meta, spec = pod["metadata"], pod.get("spec") or {}
    if fault.namespace and fault.namespace != meta.get("namespace"):
        return False
    if fault.workload and fault.workload != workload_name(pod):
        return False
    if fault.selector is not None and not labels_match(fault.selector, meta.get("labels")):
        return False
    if fault.image:
        containers = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
        if not any(fault.image in str(c.get("image")) for c in containers):
            return False
    if not (fault.node_labels or fault.kubelet):
        return True
    if node is None or not map_matches(fault.node_labels, node["metadata"].get("labels")):
        return False
    version = str(((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion") or "")
    return not fault.kubelet or f"{version.removeprefix('v')}.".startswith(f"{fault.kubelet}.")
