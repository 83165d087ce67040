"""ReplicaSets: as many pods as asked for, no more, no fewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import PODS, REPLICA_SETS
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import (
    Plane,
    being_deleted,
    controller_of,
    controller_uid,
    owner_reference,
    parse_time,
)
from seatrial.simulator.controllers.pods import (
    create_pod,
    is_active,
    is_ready,
    pods_of,
    seconds_until_available,
    with_condition,
    without_condition,
)
from seatrial.simulator.matching import labels_match
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import ResourceKey


class ReplicaSets:
    watches: Sequence[ResourceKey] = (REPLICA_SETS, PODS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        namespace = change.obj["metadata"].get("namespace", "")
        if change.key == REPLICA_SETS:
            return () if change.deleted else ((namespace, change.obj["metadata"]["name"]),)
        owners = {(ref["name"]) for pod in change.states if (ref := _replica_set_of(pod))}
        if not owners and not change.deleted and controller_of(change.obj) is None:
            labels = change.obj["metadata"].get("labels")
            owners = {
                replica_set["metadata"]["name"]
                for replica_set in self._plane.store.peek_list(REPLICA_SETS, namespace)
                if labels and labels_match(replica_set["spec"].get("selector"), labels)
            }
        return [(namespace, name) for name in sorted(owners)]

    def reconcile(self, namespace: str, name: str) -> float | None:
        replica_set = self._plane.store.peek(REPLICA_SETS, namespace, name)
        if replica_set is None:
            return None
        refused: ApiError | None = None
        if not being_deleted(replica_set):
            self._adopt(replica_set)
            refused = self._reach(replica_set)
        again = self._report(replica_set, refused)
        if refused is not None:
            raise refused  # the loop tries again later
        return again

    def _adopt(self, replica_set: Obj) -> None:
        selector = replica_set["spec"].get("selector")
        for record in list(self._plane.store.records(PODS, replica_set["metadata"]["namespace"])):
            if record.owners or not labels_match(selector, record.labels):
                continue
            pod = self._plane.store.shared(record)
            if is_active(pod) and controller_of(pod) is None:
                adopt(self._plane, PODS, pod, replica_set, "ReplicaSet")

    def _reach(self, replica_set: Obj) -> ApiError | None:
        """Create or delete pods until the number is right; the refusal if one was refused."""
        wanted = replicas_of(replica_set)
        active = [pod for pod in pods_of(self._plane, replica_set) if is_active(pod)]
        for _ in range(wanted - len(active)):
            try:
                create_pod(self._plane, replica_set, "apps/v1", "ReplicaSet", replica_set["spec"]["template"])
            except ApiError as refusal:
                self._plane.warn(
                    REPLICA_SETS,
                    "ReplicaSet",
                    replica_set,
                    "FailedCreate",
                    f"Error creating: {refusal.message}",
                )
                return refusal
        for pod in _victims(active, len(active) - wanted):
            meta = pod["metadata"]
            self._plane.verbs.delete(PODS, meta["namespace"], meta["name"])
        return None

    def _report(self, replica_set: Obj, refused: ApiError | None) -> float | None:
        active = [pod for pod in pods_of(self._plane, replica_set) if is_active(pod)]
        min_ready = int(replica_set["spec"].get("minReadySeconds") or 0)
        now = self._plane.clock.now()
        waits = [seconds_until_available(pod, min_ready, now) for pod in active]
        template_labels = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
        status: dict[str, Any] = {
            "replicas": len(active),
            "fullyLabeledReplicas": sum(
                template_labels.items() <= (pod["metadata"].get("labels") or {}).items() for pod in active
            )
            or None,
            "readyReplicas": sum(wait is not None for wait in waits) or None,
            "availableReplicas": sum(wait == 0 for wait in waits) or None,
            "observedGeneration": replica_set["metadata"].get("generation"),
        }
        conditions = list((replica_set.get("status") or {}).get("conditions") or ())
        if refused is not None:
            conditions = with_condition(
                conditions, "ReplicaFailure", "True", self._plane.now(), "FailedCreate", refused.message
            )
        else:
            conditions = without_condition(conditions, "ReplicaFailure")
        self._plane.write_status(REPLICA_SETS, replica_set, {**status, "conditions": conditions or None})
        return min((wait for wait in waits if wait), default=None)


def replicas_of(workload: Obj) -> int:
    """`spec.replicas`, which the API defaults to 1."""
    replicas = workload["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def adopt(plane: Plane, key: ResourceKey, orphan: Obj, owner: Obj, owner_kind: str) -> None:
    """Make `owner` the controller of an object that has none."""
    reference = owner_reference(owner, "apps/v1", owner_kind)

    def add(obj: Obj) -> None:
        if not controller_uid(obj):
            obj["metadata"].setdefault("ownerReferences", []).append(reference)

    plane.verbs.modify(key, orphan["metadata"]["namespace"], orphan["metadata"]["name"], add)


def _replica_set_of(pod: Obj) -> Any:
    reference = controller_of(pod)
    return reference if reference and reference.get("kind") == "ReplicaSet" else None


def _victims(pods: list[Obj], count: int) -> list[Obj]:
    """Whom to delete first: those whose loss hurts least, in the order of the real controller."""
    if count <= 0:
        return []
    per_node = Counter((pod.get("spec") or {}).get("nodeName") for pod in pods)

    def cost(pod: Obj) -> tuple[Any, ...]:
        status = pod.get("status") or {}
        annotations = pod["metadata"].get("annotations") or {}
        node = (pod.get("spec") or {}).get("nodeName")
        created = parse_time(pod["metadata"].get("creationTimestamp") or "1970-01-01T00:00:00Z")
        return (
            bool(node),
            {"Pending": 0, "Unknown": 1}.get(status.get("phase", ""), 2),
            is_ready(pod),
            _deletion_cost(annotations),
            -per_node[node],
            -created.timestamp(),
            pod["metadata"]["name"],
        )

    return sorted(pods, key=cost)[:count]


def _deletion_cost(annotations: dict[str, str]) -> int:
    try:
        return int(annotations.get("controller.kubernetes.io/pod-deletion-cost", "0"))
    except ValueError:
        return 0
