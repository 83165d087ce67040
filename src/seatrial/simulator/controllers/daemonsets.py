"""DaemonSets: one pod on every node that suits, replaced node by node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from seatrial.cluster.intstr import scaled_up
from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import DAEMON_SETS, NODES, PODS
from seatrial.simulator.controllers.loads import Loads
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted, controller_of
from seatrial.simulator.controllers.pods import (
    create_pod,
    is_active,
    is_finished,
    is_ready,
    pods_of,
    seconds_until_available,
)
from seatrial.simulator.controllers.revisions import HASH_LABEL, hash_of, trim_history, update_revision
from seatrial.simulator.matching import untolerated_taint
from seatrial.simulator.scheduling import NodeLoad, PodNeeds, needs_of, node_suits_daemon
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import ResourceKey

_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")


class DaemonSets:
    watches: Sequence[ResourceKey] = (DAEMON_SETS, PODS, NODES)

    def __init__(self, plane: Plane, loads: Loads) -> None:
        self._plane = plane
        self._loads = loads

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == DAEMON_SETS:
            return () if change.deleted else ((meta["namespace"], meta["name"]),)
        if change.key == NODES:
            if change.before is not None and not change.deleted and _suits_alike(change.obj, change.before):
                return ()
            return [(r.namespace, r.name) for r in self._plane.store.records(DAEMON_SETS)]
        owner = controller_of(change.obj)
        is_ours = owner is not None and owner.get("kind") == "DaemonSet"
        return ((meta["namespace"], owner["name"]),) if owner and is_ours else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        daemon = self._plane.store.peek(DAEMON_SETS, namespace, name)
        if daemon is None:
            return None
        update = update_revision(self._plane, daemon, "DaemonSet", pods_of(self._plane, daemon))
        refused: ApiError | None = None
        if not being_deleted(daemon):
            try:
                self._place(daemon, update)
                self._roll(daemon, update)
            except ApiError as refusal:
                refused = refusal
                why = f"Error creating: {refusal.message}"
                self._plane.warn(DAEMON_SETS, "DaemonSet", daemon, "FailedCreate", why)
        again = self._report(daemon, update)
        if refused is not None:
            raise refused
        return again

    def _place(self, daemon: Obj, update: Obj) -> None:
        """One pod for each node that should have one, none elsewhere."""
        by_node = self._pods_by_node(daemon)
        needs = needs_of(_as_pod(daemon))
        for node in sorted(self._loads.load.nodes(), key=lambda n: n.name):
            here = by_node.pop(node.name, [])
            if node_suits_daemon(needs, node):
                failed = [pod for pod in here if is_finished(pod) and not being_deleted(pod)]
                self._delete(failed)
                if not here:
                    self._create(daemon, node.name, update)
                surplus = [pod for pod in here if is_active(pod)]
                self._delete(surplus[1:])
            elif untolerated_taint(node.taints, needs.tolerations, ("NoExecute",)) or not _wanted_by_affinity(
                needs, node
            ):
                self._delete([pod for pod in here if not being_deleted(pod)])
        for orphaned in by_node.values():
            self._delete([pod for pod in orphaned if not being_deleted(pod)])

    def _roll(self, daemon: Obj, update: Obj) -> None:
        """Delete old pods: those that are unavailable at once, the others within maxUnavailable."""
        strategy = daemon["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return
        nodes = self._suitable(daemon)
        by_node = self._pods_by_node(daemon)
        most = (strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1)
        room = max(1, scaled_up(most, len(nodes)))
        old_available: list[Obj] = []
        for node in nodes:
            alive = [pod for pod in by_node.get(node, ()) if is_active(pod)]
            if not alive:
                room -= 1
                continue
            pod = alive[0]
            available = self._until_available(daemon, pod) == 0
            if (pod["metadata"].get("labels") or {}).get(HASH_LABEL) == hash_of(update):
                room -= not available
            elif available:
                old_available.append(pod)
            else:
                room -= 1
                self._delete([pod])
        self._delete(old_available[: max(0, room)])

    def _suitable(self, daemon: Obj) -> list[str]:
        needs = needs_of(_as_pod(daemon))
        return sorted(n.name for n in self._loads.load.nodes() if node_suits_daemon(needs, n))

    def _pods_by_node(self, daemon: Obj) -> dict[str, list[Obj]]:
        found: dict[str, list[Obj]] = {}
        for pod in pods_of(self._plane, daemon):
            found.setdefault(pod["spec"].get("nodeName") or _pinned_to(pod), []).append(pod)
        return found

    def _create(self, daemon: Obj, node: str, update: Obj) -> None:
        spec = _daemon_spec(daemon)
        affinity = deepcopy(spec.get("affinity") or {})
        node_affinity = affinity.setdefault("nodeAffinity", {})
        pin = {"key": "metadata.name", "operator": "In", "values": [node]}
        term: dict[str, Any] = {"matchFields": [pin]}
        # Its own terms were checked when the node was chosen; the pin replaces them, as in the real one.
        node_affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": [term]}
        create_pod(
            self._plane,
            daemon,
            "apps/v1",
            "DaemonSet",
            daemon["spec"]["template"],
            labels={HASH_LABEL: hash_of(update)},
            spec={"affinity": affinity, "tolerations": spec["tolerations"]},
        )

    def _until_available(self, daemon: Obj, pod: Obj) -> float | None:
        seconds = int(daemon["spec"].get("minReadySeconds") or 0)
        return seconds_until_available(pod, seconds, self._plane.clock.now())

    def _delete(self, pods: Sequence[Obj]) -> None:
        for pod in pods:
            self._plane.verbs.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])

    def _report(self, daemon: Obj, update: Obj) -> float | None:
        nodes = set(self._suitable(daemon))
        by_node = self._pods_by_node(daemon)
        here = {n: [p for p in pods if is_active(p)] for n, pods in by_node.items()}
        scheduled = [pods[0] for node, pods in here.items() if node in nodes and pods]
        waits = [self._until_available(daemon, pod) for pod in scheduled]
        available = sum(wait == 0 for wait in waits)
        target = hash_of(update)
        status = {
            "observedGeneration": daemon["metadata"].get("generation"),
            "desiredNumberScheduled": len(nodes),
            "currentNumberScheduled": len(scheduled),
            "numberMisscheduled": sum(bool(p) and n not in nodes for n, p in here.items()),
            "numberReady": sum(is_ready(pod) for pod in scheduled),
            "numberAvailable": available or None,
            "numberUnavailable": (len(nodes) - available) or None,
            "updatedNumberScheduled": sum(
                (pod["metadata"].get("labels") or {}).get(HASH_LABEL) == target for pod in scheduled
            )
            or None,
        }
        self._plane.write_status(DAEMON_SETS, daemon, status)
        pods = [pod for found in by_node.values() for pod in found]
        in_use = {str((pod["metadata"].get("labels") or {}).get(HASH_LABEL)) for pod in pods}
        trim_history(self._plane, daemon, in_use | {target})
        return min((wait for wait in waits if wait), default=None)


def _daemon_spec(daemon: Obj) -> Mapping[str, Any]:
    """The template's spec with the tolerations that every daemon pod gets."""
    spec = dict(daemon["spec"]["template"].get("spec") or {})
    added = [*_TOLERATED, *([_NETWORK] if spec.get("hostNetwork") else [])]
    own = list(spec.get("tolerations") or ())
    spec["tolerations"] = own + [
        toleration
        for key, effect in added
        if (toleration := {"key": key, "operator": "Exists", "effect": effect}) not in own
    ]
    return spec


def _as_pod(daemon: Obj) -> Obj:
    meta = daemon["metadata"]
    return {"metadata": {"namespace": meta["namespace"], "name": meta["name"]}, "spec": _daemon_spec(daemon)}


def _wanted_by_affinity(needs: PodNeeds, node: NodeLoad) -> bool:
    """Would the node suit if it had no taints and no cordon?"""
    bare = NodeLoad(node.name, known=True, labels=node.labels)
    return node_suits_daemon(needs, bare)


def _pinned_to(pod: Obj) -> str:
    """The node that a daemon pod which is not bound yet is meant for."""
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field.get("key") == "metadata.name" and field.get("values"):
                return str(field["values"][0])
    return ""


def _suits_alike(node: Obj, before: Obj) -> bool:
    now, then = (
        (n["metadata"].get("labels"), n["spec"].get("taints"), n["spec"].get("unschedulable"))
        for n in (node, before)
    )
    return bool(now == then)
