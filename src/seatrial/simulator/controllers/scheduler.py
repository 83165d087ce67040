"""Binds pending pods to nodes, and tries those that fit nowhere again when room may have appeared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import (
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
)
from seatrial.simulator.controllers.loads import Loads
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.controllers.pods import condition, is_finished, with_condition
from seatrial.simulator.controllers.volumes import SELECTED_NODE, claims_of, waits_for_consumer
from seatrial.simulator.scheduling import NoNode, PodNeeds, find_node, find_victims, needs_of
from seatrial.simulator.store import ResourceKey

_RESULT = ("allocatable", "capacity")


class Scheduler:
    watches: Sequence[ResourceKey] = (PODS, NODES, PERSISTENT_VOLUME_CLAIMS)

    def __init__(self, plane: Plane, loads: Loads) -> None:
        self._plane = plane
        self._loads = loads
        self._unschedulable: dict[Key, int] = {}  # with the pod's priority

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == NODES:
            return self._retry() if self._is_news(change) else ()
        if change.key == PERSISTENT_VOLUME_CLAIMS:
            return self._retry() if change.before is not None or change.added else ()
        key = (meta["namespace"], meta["name"])
        if (change.obj.get("spec") or {}).get("nodeName"):
            self._unschedulable.pop(key, None)
            # a pod that came may satisfy an affinity, one that went leaves room
            arrived = change.before is not None and not (change.before.get("spec") or {}).get("nodeName")
            left = change.deleted or (is_finished(change.obj) and not is_finished(change.before or {}))
            return self._retry() if arrived or left else ()
        if change.deleted:
            self._unschedulable.pop(key, None)
            return ()
        if key in self._unschedulable and not self._spec_changed(change):
            return ()
        return (key,)

    def reconcile(self, namespace: str, name: str) -> float | None:
        pod = self._plane.store.peek(PODS, namespace, name)
        if pod is None or not _is_pending(pod):
            self._unschedulable.pop((namespace, name), None)
            return None
        volumes, claims, problem = self._volumes(pod)
        needs = needs_of(pod)
        found = NoNode(problem) if problem else find_node(needs, self._loads.load, volumes)
        if isinstance(found, NoNode):
            self._unschedulable[namespace, name] = needs.priority
            nominated = "" if problem else self._preempt(pod, needs, volumes)
            self._report(pod, found.message, nominated)
            return None
        for claim in claims:
            self._select_node(namespace, claim, found)
        self._unschedulable.pop((namespace, name), None)
        self._plane.verbs.bind(namespace, name, found)
        return None

    def _retry(self) -> list[Key]:
        """Everyone who waits, the most important first, then in the order of arrival."""
        waiting = self._unschedulable
        return sorted(waiting, key=lambda key: -waiting[key])

    def _preempt(self, pod: Obj, needs: PodNeeds, volumes: Sequence[Mapping[str, Any]]) -> str:
        """Make room at the cost of less important pods; the node that the pod now waits for."""
        nominated = str((pod.get("status") or {}).get("nominatedNodeName") or "")
        if nominated and self._is_emptying(nominated, needs.priority):
            return nominated
        found = find_victims(needs, self._loads.load, volumes)
        if found is None:
            return ""
        for victim in found.victims:
            obj = self._plane.store.peek(PODS, victim.namespace, victim.name)
            if obj is not None and not being_deleted(obj):
                by = f"Preempted by pod {needs.uid} on node {found.node}"
                self._plane.warn(PODS, "Pod", obj, "Preempted", by)
                self._plane.verbs.delete(PODS, victim.namespace, victim.name)
        return found.node

    def _is_emptying(self, node: str, priority: int) -> bool:
        load = self._loads.load.node(node)
        pods = load.pods.values() if load is not None else ()
        for placed in pods:
            obj = self._plane.store.peek(PODS, placed.namespace, placed.name)
            if placed.priority < priority and obj is not None and being_deleted(obj):
                return True
        return False

    def _is_news(self, change: Change) -> bool:
        """Does this node change anything for a pod that found no place?"""
        if change.added or change.deleted or change.before is None:
            return True
        now, before = change.obj, change.before
        return (
            now.get("spec") != before.get("spec")
            or now["metadata"].get("labels") != before["metadata"].get("labels")
            or any((now.get("status") or {}).get(k) != (before.get("status") or {}).get(k) for k in _RESULT)
        )

    def _spec_changed(self, change: Change) -> bool:
        before = change.before
        return before is None or before.get("spec") != change.obj.get("spec")

    def _volumes(self, pod: Obj) -> tuple[list[Mapping[str, Any]], list[str], str]:
        """Node selectors of bound volumes, claims that wait for a node, and what forbids scheduling."""
        namespace = pod["metadata"]["namespace"]
        selectors: list[Mapping[str, Any]] = []
        waiting: list[str] = []
        for name in claims_of(pod):
            claim = self._plane.store.peek(PERSISTENT_VOLUME_CLAIMS, namespace, name)
            if claim is None:
                return [], [], _no_nodes(self, f'persistentvolumeclaim "{name}" not found')
            if (claim.get("status") or {}).get("phase") == "Bound":
                bound = str((claim.get("spec") or {}).get("volumeName"))
                stored = self._plane.store.peek(PERSISTENT_VOLUMES, "", bound)
                affinity = ((stored or {}).get("spec") or {}).get("nodeAffinity") or {}
                if affinity.get("required"):
                    selectors.append(affinity["required"])
            elif waits_for_consumer(self._plane, claim):
                waiting.append(name)
            else:
                return [], [], _no_nodes(self, "pod has unbound immediate PersistentVolumeClaims")
        return selectors, waiting, ""

    def _select_node(self, namespace: str, claim: str, node: str) -> None:
        def select(obj: Obj) -> None:
            obj["metadata"].setdefault("annotations", {})[SELECTED_NODE] = node

        self._plane.verbs.modify(PERSISTENT_VOLUME_CLAIMS, namespace, claim, select)

    def _report(self, pod: Obj, message: str, nominated: str) -> None:
        known = condition(pod, "PodScheduled")
        status = dict(pod.get("status") or {})
        same = (status.get("nominatedNodeName") or "") == nominated
        if same and known and known.get("status") == "False" and known.get("message") == message:
            return
        status["nominatedNodeName"] = nominated or None
        status["phase"] = "Pending"
        status["conditions"] = with_condition(
            list(status.get("conditions") or ()),
            "PodScheduled",
            "False",
            self._plane.now(),
            "Unschedulable",
            message,
        )
        self._plane.write_status(PODS, pod, status)
        self._plane.warn(PODS, "Pod", pod, "FailedScheduling", message)

    @property
    def node_count(self) -> int:
        return len(self._loads.load.nodes())


def _no_nodes(scheduler: Scheduler, why: str) -> str:
    total = scheduler.node_count
    none = f"0/{total} nodes are available:"
    return f"{none} {why}. preemption: {none} {total} Preemption is not helpful for scheduling."


def _is_pending(pod: Obj) -> bool:
    spec = pod.get("spec") or {}
    return not (spec.get("nodeName") or spec.get("schedulingGates") or being_deleted(pod) or is_finished(pod))
