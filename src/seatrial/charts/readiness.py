"""Whether what a release brought is ready, and if not, which object and why.

The engine asks this after Helm has applied a chart, instead of leaving the wait to Helm. The rules are
those of `kubectl rollout status` and of Helm's own wait; a paused Deployment and workloads
that update on delete count as ready, as in Helm, for waiting would not change them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from seatrial.cluster.foreign_text import fit_to_show
from seatrial.cluster.objects import Obj, ObjectRef


class NotReady(msgspec.Struct, frozen=True):
    """One object that is not ready."""

    ref: ObjectRef
    why: str
    """A phrase to follow the object's name, "has 1 of 2 replicas available"."""
    pods: tuple[str, ...] = ()
    """What its pods say: "web-7d4-x2x: CrashLoopBackOff"."""
    final: bool = False
    """Waiting longer will not help."""

    def __str__(self) -> str:
        pods = f" ({'; '.join(self.pods)})" if self.pods else ""
        return f"{self.ref} {self.why}{pods}"


def readiness(
    objects: Iterable[Obj], *, pods: Sequence[Obj] | None = None, missing: Iterable[ObjectRef] = ()
) -> tuple[NotReady, ...]:
    """Those of the live `objects` that are not ready yet, and all that are `missing`.

    `pods` of the same namespaces, where they were read, explain why. Kinds that have no notion of
    readiness are ready; so is a Job that is gone, for a cluster may remove those that finished.
    """
    found = [NotReady(ref, "is not there") for ref in missing if ref.kind != "Job"]
    for obj in objects:
        rule = _RULES.get((str(obj.get("apiVersion") or "").rpartition("/")[0], str(obj.get("kind"))))
        problem = rule(obj) if rule else None
        if problem is None:
            continue
        why, final = problem
        if obj.get("kind") == "PersistentVolumeClaim" and not final and not _may_be_used(obj, pods):
            continue  # a claim of a class that binds late stays pending until a pod wants it
        found.append(NotReady(ObjectRef.of(obj), why, tuple(_pod_reasons(obj, pods or ())), final))
    return tuple(found)


_Problem = tuple[str, bool] | None


def _deployment(obj: Obj) -> _Problem:
    spec, status = _spec(obj), _status(obj)
    if spec.get("paused"):
        return None
    if _is_unseen(obj):
        return _UNSEEN
    progressing = _condition(obj, "Progressing")
    if progressing.get("status") == "False" and progressing.get("reason") == "ProgressDeadlineExceeded":
        return "did not make progress within its deadline", True
    wanted = _count(spec, "replicas", 1)
    updated, total = _count(status, "updatedReplicas"), _count(status, "replicas")
    if updated < wanted:
        return f"has updated {updated} of {wanted} replicas", False
    if total > updated:
        return f"still has {total - updated} old replicas", False
    return _all_of(_count(status, "availableReplicas"), wanted, "replicas available")


def _stateful_set(obj: Obj) -> _Problem:
    spec, status = _spec(obj), _status(obj)
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return None
    if _is_unseen(obj):
        return _UNSEEN
    wanted = _count(spec, "replicas", 1)
    partition = _count(strategy.get("rollingUpdate") or {}, "partition")
    updated = _count(status, "updatedReplicas")
    to_update = max(0, wanted - partition)
    if status.get("currentRevision") != status.get("updateRevision") and updated < to_update:
        return f"has updated {updated} of {to_update} replicas", False
    return _all_of(_count(status, "readyReplicas"), wanted, "replicas ready")


def _daemon_set(obj: Obj) -> _Problem:
    status = _status(obj)
    if (_spec(obj).get("updateStrategy") or {}).get("type") == "OnDelete":
        return None
    if _is_unseen(obj):
        return _UNSEEN
    wanted = _count(status, "desiredNumberScheduled")
    updated = _count(status, "updatedNumberScheduled")
    if updated < wanted:
        return f"has updated the pods of {updated} of {wanted} nodes", False
    return _all_of(_count(status, "numberAvailable"), wanted, "nodes' pods available")


def _replica_set(obj: Obj) -> _Problem:
    if _is_unseen(obj):
        return _UNSEEN
    return _all_of(_count(_status(obj), "readyReplicas"), _count(_spec(obj), "replicas", 1), "replicas ready")


def _job(obj: Obj) -> _Problem:
    failed = _condition(obj, "Failed")
    if failed.get("status") == "True":
        return f"failed: {failed.get('reason') or 'no reason given'}", True
    if _condition(obj, "Complete").get("status") == "True" or _spec(obj).get("suspend"):
        return None
    return "has not completed", False


def _pod(obj: Obj) -> _Problem:
    phase = _status(obj).get("phase")
    if phase == "Failed":
        return "failed", True
    if phase == "Succeeded" or _condition(obj, "Ready").get("status") == "True":
        return None
    return "is not ready", False


def _claim(obj: Obj) -> _Problem:
    phase = _status(obj).get("phase")
    if phase == "Lost":
        return "lost its volume", True
    return None if phase == "Bound" else ("is not bound to a volume", False)


def _crd(obj: Obj) -> _Problem:
    if _condition(obj, "NamesAccepted").get("status") == "False":
        return "has names that another definition took", True
    return None if _condition(obj, "Established").get("status") == "True" else ("is not established", False)


def _api_service(obj: Obj) -> _Problem:
    available = _condition(obj, "Available")
    if available.get("status") == "True":
        return None
    return f"is not available: {available.get('reason') or 'no reason given'}", False


_RULES: Mapping[tuple[str, str], Callable[[Obj], _Problem]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("", "ReplicationController"): _replica_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
    ("apiregistration.k8s.io", "APIService"): _api_service,
}
WATCHED_KINDS = frozenset(_RULES)
"""(group, kind) of what can be unready: the others need not be fetched."""

_UNSEEN: _Problem = ("has a change that its controller has not seen yet", False)


def _all_of(count: int, wanted: int, what: str) -> _Problem:
    return None if count >= wanted else (f"has {count} of {wanted} {what}", False)


def _is_unseen(obj: Obj) -> bool:
    generation = (obj.get("metadata") or {}).get("generation") or 0
    return _count(_status(obj), "observedGeneration") < generation


def _may_be_used(claim: Obj, pods: Sequence[Obj] | None) -> bool:
    if pods is None:
        return True
    meta = claim.get("metadata") or {}
    return any(
        (volume.get("persistentVolumeClaim") or {}).get("claimName") == meta.get("name")
        for pod in pods
        if (pod.get("metadata") or {}).get("namespace") == meta.get("namespace")
        for volume in _spec(pod).get("volumes") or ()
    )


def _pod_reasons(owner: Obj, pods: Sequence[Obj]) -> Iterator[str]:
    wanted = (_spec(owner).get("selector") or {}).get("matchLabels")
    namespace = (owner.get("metadata") or {}).get("namespace")
    if not isinstance(wanted, Mapping) or not wanted:
        return
    for pod in pods:
        meta = pod.get("metadata") or {}
        labels = meta.get("labels") or {}
        if meta.get("namespace") != namespace or not wanted.items() <= labels.items():
            continue
        reason = pod_reason(pod)
        if reason:
            yield f"{meta.get('name')}: {reason}"


def pod_reason(pod: Obj) -> str:
    """Why a pod is not ready, in the words of the kubelet or the scheduler; empty when it is."""
    status = _status(pod)
    if status.get("phase") == "Succeeded" or _condition(pod, "Ready").get("status") == "True":
        return ""
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        message = fit_to_show(str(scheduled.get("message") or ""))
        return f"{scheduled.get('reason') or 'Unschedulable'}{': ' + message if message else ''}"
    for each in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        state = each.get("state") or {}
        for phase in ("waiting", "terminated"):
            reason = (state.get(phase) or {}).get("reason")
            if reason and reason != "Completed":
                return str(reason)
    return str(status.get("reason") or "containers are not ready")


def _spec(obj: Obj) -> Obj:
    return obj.get("spec") or {}


def _status(obj: Obj) -> Obj:
    return obj.get("status") or {}


def _count(of: Obj, name: str, otherwise: int = 0) -> int:
    value: Any = of.get(name)
    return value if isinstance(value, int) else otherwise


def _condition(obj: Obj, kind: str) -> Obj:
    for each in _status(obj).get("conditions") or ():
        if each.get("type") == kind:
            return dict(each)
    return {}
