"""Persistent volume claims: provisions a volume at once, or in the zone of the node that was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import (
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    STORAGE_CLASSES,
)
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.controllers.pods import is_finished
from seatrial.simulator.store import ResourceKey

SELECTED_NODE = "volume.kubernetes.io/selected-node"
"""The annotation by which the scheduler tells a provisioner where the volume is needed."""

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_PROTECTION = "kubernetes.io/pvc-protection"
_ZONE = "topology.kubernetes.io/zone"


class VolumeBinder:
    watches: Sequence[ResourceKey] = (PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == PERSISTENT_VOLUME_CLAIMS:
            return ((meta["namespace"], meta["name"]),)
        if change.key == PODS:
            used = claims_of(change.obj) if change.deleted or is_finished(change.obj) else ()
            return [(meta["namespace"], name) for name in used]
        claim = (change.obj.get("spec") or {}).get("claimRef") or {}
        return ((claim["namespace"], claim["name"]),) if claim.get("name") and not change.deleted else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        claim = self._plane.store.peek(PERSISTENT_VOLUME_CLAIMS, namespace, name)
        if claim is None:
            self._release(namespace, name)
            return None
        if being_deleted(claim):
            self._let_go(claim)
            return None
        if (claim.get("status") or {}).get("phase") == "Bound":
            return None
        volume = self._volume_for(claim)
        if volume is None:
            status = {**(claim.get("status") or {}), "phase": "Pending"}
            self._plane.write_status(PERSISTENT_VOLUME_CLAIMS, claim, status)
        else:
            self._bind(claim, volume)
        return None

    def _volume_for(self, claim: Obj) -> Obj | None:
        """A volume made for this claim, an existing one that was reserved for it, or a new one."""
        meta, spec = claim["metadata"], claim["spec"]
        if spec.get("volumeName"):
            return self._plane.store.peek(PERSISTENT_VOLUMES, "", spec["volumeName"])
        if spec.get("storageClassName") == "":
            volumes = self._plane.store.peek_list(PERSISTENT_VOLUMES)
            return next((v for v in volumes if _is_for(v, meta["namespace"], meta["name"])), None)
        node = (meta.get("annotations") or {}).get(SELECTED_NODE)
        if storage_class_of(self._plane, claim) is None:
            return None
        if waits_for_consumer(self._plane, claim) and not node:
            return None
        return self._provision(claim, node)

    def _provision(self, claim: Obj, node: str | None) -> Obj:
        meta, spec = claim["metadata"], claim["spec"]
        name = f"pvc-{meta['uid']}"
        existing = self._plane.store.peek(PERSISTENT_VOLUMES, "", name)
        if existing is not None:
            return existing
        chosen = storage_class_of(self._plane, claim) or {"metadata": {"name": ""}}
        requests = ((spec.get("resources") or {}).get("requests")) or {}
        volume: dict[str, Any] = {
            "accessModes": list(spec.get("accessModes") or ["ReadWriteOnce"]),
            "capacity": {"storage": requests.get("storage", "1Gi")},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
            },
            "csi": {"driver": chosen.get("provisioner") or "simulated", "volumeHandle": name},
            "persistentVolumeReclaimPolicy": chosen.get("reclaimPolicy") or "Delete",
            "storageClassName": chosen["metadata"]["name"],
            "volumeMode": spec.get("volumeMode") or "Filesystem",
        }
        zone = self._zone(node)
        if zone:
            term = {"matchExpressions": [{"key": _ZONE, "operator": "In", "values": [zone]}]}
            volume["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
        return self._plane.verbs.create(
            PERSISTENT_VOLUMES,
            {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": name},
                "spec": volume,
                "status": {"phase": "Bound"},
            },
        )

    def _bind(self, claim: Obj, volume: Obj) -> None:
        meta = claim["metadata"]

        def point(obj: Obj) -> None:
            obj["spec"]["volumeName"] = volume["metadata"]["name"]
            annotations = obj["metadata"].setdefault("annotations", {})
            annotations["pv.kubernetes.io/bind-completed"] = "yes"

        if not claim["spec"].get("volumeName"):
            self._plane.verbs.modify(PERSISTENT_VOLUME_CLAIMS, meta["namespace"], meta["name"], point)
        status = {
            "phase": "Bound",
            "accessModes": volume["spec"].get("accessModes"),
            "capacity": volume["spec"].get("capacity"),
        }
        self._plane.write_status(PERSISTENT_VOLUME_CLAIMS, claim, status)
        self._plane.write_status(PERSISTENT_VOLUMES, volume, {"phase": "Bound"})

    def _let_go(self, claim: Obj) -> None:
        """Take the protection off a deleted claim once no pod uses it."""
        meta = claim["metadata"]
        for record in self._plane.store.records(PODS, meta["namespace"]):
            pod = self._plane.store.shared(record)
            if meta["name"] in claims_of(pod) and not is_finished(pod):
                return

        def release(obj: Obj) -> None:
            finalizers = obj["metadata"].get("finalizers") or ()
            obj["metadata"]["finalizers"] = [f for f in finalizers if f != _PROTECTION]

        if _PROTECTION in (meta.get("finalizers") or ()):
            self._plane.verbs.modify(PERSISTENT_VOLUME_CLAIMS, meta["namespace"], meta["name"], release)

    def _release(self, namespace: str, name: str) -> None:
        """The claim is gone: delete its volume, or keep it as Released."""
        for volume in self._plane.store.peek_list(PERSISTENT_VOLUMES):
            if not _is_for(volume, namespace, name) or being_deleted(volume):
                continue
            if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
                self._plane.verbs.delete(PERSISTENT_VOLUMES, "", volume["metadata"]["name"])
            elif (volume.get("status") or {}).get("phase") == "Bound":
                self._plane.write_status(PERSISTENT_VOLUMES, volume, {"phase": "Released"})

    def _zone(self, node: str | None) -> str:
        """Of the chosen node; for a class that binds at once the first zone that has nodes."""
        if node:
            found = self._plane.store.peek(NODES, "", node)
            return str(((found or {}).get("metadata", {}).get("labels") or {}).get(_ZONE) or "")
        zones = {
            labels[_ZONE] for record in self._plane.store.records(NODES) if _ZONE in (labels := record.labels)
        }
        return min(zones, default="")


def claims_of(pod: Obj) -> list[str]:
    """The names of the claims that the pod mounts."""
    names = []
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        if volume.get("persistentVolumeClaim"):
            names.append(str(volume["persistentVolumeClaim"]["claimName"]))
        elif volume.get("ephemeral"):
            names.append(f"{pod['metadata']['name']}-{volume['name']}")
    return names


def storage_class_of(plane: Plane, claim: Obj) -> Obj | None:
    name = claim["spec"].get("storageClassName")
    if name:
        return plane.store.peek(STORAGE_CLASSES, "", name)
    classes = plane.store.peek_list(STORAGE_CLASSES)
    return next(
        (c for c in classes if (c["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"), None
    )


def waits_for_consumer(plane: Plane, claim: Obj) -> bool:
    chosen = storage_class_of(plane, claim)
    return chosen is not None and chosen.get("volumeBindingMode") == "WaitForFirstConsumer"


def _is_for(volume: Obj, namespace: str, name: str) -> bool:
    reference = (volume.get("spec") or {}).get("claimRef") or {}
    return bool(reference.get("name") == name and reference.get("namespace") == namespace)
