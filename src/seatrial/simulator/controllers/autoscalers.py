"""Horizontal pod autoscalers: they keep replicas within their bounds. Nothing measures load here.

So a chart that leaves the count to its autoscaler runs as many pods as it does on a real cluster at rest:
the least. A count of 0 turns an autoscaler off, as it does there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.call import Call
from seatrial.simulator.controllers.kinds import (
    DEPLOYMENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    REPLICA_SETS,
    STATEFUL_SETS,
)
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.scale import change_scale
from seatrial.simulator.store import ResourceKey

_KINDS = {DEPLOYMENTS: "Deployment", STATEFUL_SETS: "StatefulSet", REPLICA_SETS: "ReplicaSet"}
_KEYS = {(key.group, kind): key for key, kind in _KINDS.items()}
_CALL = Call(user="system:serviceaccount:kube-system:horizontal-pod-autoscaler")


class Autoscalers:
    watches: Sequence[ResourceKey] = (HORIZONTAL_POD_AUTOSCALERS, *_KINDS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        if change.deleted:
            return ()
        meta = change.obj["metadata"]
        if change.key == HORIZONTAL_POD_AUTOSCALERS:
            return ((meta["namespace"], meta["name"]),)
        target = (_KINDS[change.key], meta["name"])
        return [
            (meta["namespace"], each["metadata"]["name"])
            for each in self._plane.store.peek_list(HORIZONTAL_POD_AUTOSCALERS, meta["namespace"])
            if (each["spec"]["scaleTargetRef"]["kind"], each["spec"]["scaleTargetRef"]["name"]) == target
        ]

    def reconcile(self, namespace: str, name: str) -> float | None:
        scaler = self._plane.store.peek(HORIZONTAL_POD_AUTOSCALERS, namespace, name)
        if scaler is None or being_deleted(scaler):
            return None
        spec, status = scaler["spec"], scaler.get("status") or {}
        target = self._target(namespace, spec["scaleTargetRef"])
        replicas = ((target or {}).get("spec") or {}).get("replicas")
        if target is None or replicas is None:
            return None
        least = int(spec.get("minReplicas") or 1)
        wanted = min(max(replicas, least), int(spec["maxReplicas"])) if replicas else 0
        news = {
            **status,
            "currentReplicas": int((target.get("status") or {}).get("replicas") or 0),
            "desiredReplicas": wanted,
        }
        if wanted != replicas:
            self._scale(namespace, spec["scaleTargetRef"], wanted)
            news["lastScaleTime"] = self._plane.now()
        self._plane.write_status(HORIZONTAL_POD_AUTOSCALERS, scaler, news)
        return None

    def _target(self, namespace: str, reference: dict[str, Any]) -> Obj | None:
        key = _key_of(reference)
        return self._plane.store.peek(key, namespace, reference["name"]) if key else None

    def _scale(self, namespace: str, reference: dict[str, Any], replicas: int) -> None:
        def change(scale: Obj) -> Obj:
            scale["spec"]["replicas"] = replicas
            return scale

        key = _key_of(reference)
        if key is not None:
            api = self._plane.verbs.machinery
            change_scale(api, api.served(key), namespace, reference["name"], change, _CALL)


def _key_of(reference: dict[str, Any]) -> ResourceKey | None:
    """Of the workloads that are modelled, whatever the version; custom resources are left alone."""
    group = (reference.get("apiVersion") or "").partition("/")[0]
    return _KEYS.get((group, reference["kind"]))
