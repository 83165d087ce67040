"""Nodes that go: a deleted node takes its pods along, one that is not ready is tainted and emptied.

No heartbeats: a node is as ready as its stored condition says. Evicting waits five minutes, as the
default tolerations that every pod gets do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.controllers.kinds import NODES, PODS
from seatrial.simulator.controllers.loads import Loads
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted, parse_time
from seatrial.simulator.controllers.pod_status import out_of_sight
from seatrial.simulator.controllers.pods import condition, is_ready
from seatrial.simulator.store import ResourceKey

_NOT_READY = "node.kubernetes.io/not-ready"
_UNREACHABLE = "node.kubernetes.io/unreachable"
_CORDONED = "node.kubernetes.io/unschedulable"
_DEFAULT_TOLERATION = 300.0  # seconds; what admission adds for not-ready and unreachable


class Nodes:
    watches: Sequence[ResourceKey] = (NODES, PODS)

    def __init__(self, plane: Plane, loads: Loads) -> None:
        self._plane = plane
        self._loads = loads

    def concerns(self, change: Change) -> Iterable[Key]:
        if change.key == NODES:
            return (("", change.obj["metadata"]["name"]),)
        node = str((change.obj.get("spec") or {}).get("nodeName") or "")
        if not node or change.deleted:
            return ()
        bound_now = change.before is None or not change.before["spec"].get("nodeName")
        return (("", node),) if bound_now or being_deleted(change.obj) else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        node = self._plane.store.peek(NODES, "", name)
        if node is None:
            self._drop_pods(name)
            return None
        self._taint(node)
        node = self._plane.store.peek(NODES, "", name) or node
        return self._evict(node)

    def _drop_pods(self, node: str) -> None:
        """Their kubelet is gone for good: nobody will confirm a graceful deletion."""
        for namespace, name in self._loads.on_node(node):
            if self._plane.store.raw(PODS, namespace, name) is not None:
                self._plane.verbs.delete(PODS, namespace, name, DeleteOptions(grace_period_seconds=0))

    def _taint(self, node: Obj) -> None:
        """The taints that mirror spec.unschedulable and the Ready condition."""
        wanted = _mirrored_taints(node, self._plane.now())
        ours = (_NOT_READY, _UNREACHABLE, _CORDONED)
        taints = list(node["spec"].get("taints") or ())
        known = {(t["key"], t.get("effect")): t for t in taints if t["key"] in ours}
        if known.keys() == {(t["key"], t["effect"]) for t in wanted}:
            return
        merged = [t for t in taints if t["key"] not in ours]
        merged += [known.get((t["key"], t["effect"]), t) for t in wanted]

        def change(obj: Obj) -> None:
            if merged:
                obj["spec"]["taints"] = merged
            else:
                obj["spec"].pop("taints", None)

        self._plane.verbs.modify(NODES, "", node["metadata"]["name"], change)

    def _evict(self, node: Obj) -> float | None:
        """Delete pods that do not tolerate a NoExecute taint any longer; seconds to the next one."""
        taints = [t for t in node["spec"].get("taints") or () if t.get("effect") == "NoExecute"]
        if not taints:
            return None
        next_look: float | None = None
        for namespace, name in self._loads.on_node(node["metadata"]["name"]):
            pod = self._plane.store.peek(PODS, namespace, name)
            if pod is None or being_deleted(pod):
                continue
            if is_ready(pod) and not is_ready(node):
                self._plane.write_status(PODS, pod, out_of_sight(pod, self._plane.now()))
            left = min((self._tolerated_for(pod, taint) for taint in taints), default=None)
            if left is None or left == float("inf"):
                continue
            if left <= 0:
                self._plane.verbs.delete(PODS, namespace, name)
            else:
                next_look = left if next_look is None else min(next_look, left)
        return next_look

    def _tolerated_for(self, pod: Obj, taint: Mapping[str, Any]) -> float:
        """Seconds that the pod may stay; infinite when it tolerates the taint for good."""
        tolerated: float | None = None
        for toleration in pod["spec"].get("tolerations") or ():
            if not _matches(toleration, taint):
                continue
            seconds = toleration.get("tolerationSeconds")
            if seconds is None:
                return float("inf")
            tolerated = min(float(seconds), tolerated) if tolerated is not None else float(seconds)
        if tolerated is None:
            node_problem = taint["key"] in (_NOT_READY, _UNREACHABLE)
            tolerated = _DEFAULT_TOLERATION if node_problem else 0.0
        since = taint.get("timeAdded")
        if not since:
            return tolerated
        return tolerated - (self._plane.clock.now() - parse_time(since)).total_seconds()


def _mirrored_taints(node: Obj, now: str) -> list[dict[str, Any]]:
    taints: list[dict[str, Any]] = []
    ready = condition(node, "Ready")
    state = ready.get("status") if ready else "Unknown"
    if state != "True":
        key = _NOT_READY if state == "False" else _UNREACHABLE
        taints.append({"key": key, "effect": "NoSchedule", "timeAdded": now})
        taints.append({"key": key, "effect": "NoExecute", "timeAdded": now})
    if node["spec"].get("unschedulable"):
        taints.append({"key": _CORDONED, "effect": "NoSchedule", "timeAdded": now})
    return taints


def _matches(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("key") not in (None, "", taint.get("key")):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and (toleration.get("value") or "") == (taint.get("value") or "")
