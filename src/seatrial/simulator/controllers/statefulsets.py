"""StatefulSets: pods with an ordinal, a name and claims of their own, changed one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted, controller_of
from seatrial.simulator.controllers.pods import (
    create_pod,
    is_finished,
    is_ready,
    pods_of,
    seconds_until_available,
)
from seatrial.simulator.controllers.replicasets import replicas_of
from seatrial.simulator.controllers.revisions import (
    HASH_LABEL,
    hash_of,
    history,
    template_of,
    trim_history,
    update_revision,
)
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import ResourceKey

_POD_NAME = "statefulset.kubernetes.io/pod-name"
_POD_INDEX = "apps.kubernetes.io/pod-index"


class StatefulSets:
    watches: Sequence[ResourceKey] = (STATEFUL_SETS, PODS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == STATEFUL_SETS:
            return () if change.deleted else ((meta["namespace"], meta["name"]),)
        owner = controller_of(change.obj)
        is_ours = owner is not None and owner.get("kind") == "StatefulSet"
        return ((meta["namespace"], owner["name"]),) if owner and is_ours else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        stateful = self._plane.store.peek(STATEFUL_SETS, namespace, name)
        if stateful is None:
            return None
        update = update_revision(self._plane, stateful, "StatefulSet", pods_of(self._plane, stateful))
        again: float | None = None
        refused: ApiError | None = None
        if not being_deleted(stateful):
            try:
                again = self._step(stateful, update)
            except ApiError as refusal:
                refused = refusal
                why = f"create Pod in StatefulSet {name} failed error: {refusal.message}"
                self._plane.warn(STATEFUL_SETS, "StatefulSet", stateful, "FailedCreate", why)
        self._report(stateful, update)
        if refused is not None:
            raise refused
        return again

    def _step(self, stateful: Obj, update: Obj) -> float | None:
        """Do all that may be done now; with OrderedReady that is at most one change."""
        pods = {ordinal_of(pod): pod for pod in pods_of(self._plane, stateful)}
        ordered = stateful["spec"].get("podManagementPolicy") != "Parallel"
        start = int((stateful["spec"].get("ordinals") or {}).get("start") or 0)
        wanted = range(start, start + replicas_of(stateful))
        for ordinal in wanted:
            pod = pods.get(ordinal)
            if pod is None:
                self._create(stateful, ordinal, update)
            elif is_finished(pod) and not being_deleted(pod):
                self._delete(pod)
            elif ordered and not being_deleted(pod):
                wait = self._until_available(stateful, pod)
                if wait == 0:
                    continue
                return wait  # also when it will never be ready: a broken pod blocks until somebody deletes it
            if ordered:
                return None
        for ordinal in sorted((o for o in pods if o not in wanted), reverse=True):
            if not being_deleted(pods[ordinal]):
                self._delete(pods[ordinal])
            if ordered:
                return None
        return self._roll(stateful, {o: pods[o] for o in wanted if o in pods}, update)

    def _roll(self, stateful: Obj, pods: Mapping[int, Obj], update: Obj) -> float | None:
        """Replace the highest ordinal that is of an old revision, once all above it are healthy."""
        strategy = stateful["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return None
        partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
        for ordinal in sorted(pods, reverse=True):
            if ordinal < partition:
                return None
            pod = pods[ordinal]
            if being_deleted(pod):
                return None
            if _revision_of(pod) != update["metadata"]["name"]:
                self._delete(pod)
                return None
            wait = self._until_available(stateful, pod)
            if wait != 0:
                return wait
        return None

    def _until_available(self, stateful: Obj, pod: Obj) -> float | None:
        seconds = int(stateful["spec"].get("minReadySeconds") or 0)
        return seconds_until_available(pod, seconds, self._plane.clock.now())

    def _create(self, stateful: Obj, ordinal: int, update: Obj) -> None:
        meta, spec = stateful["metadata"], stateful["spec"]
        revision = self._revision_for(stateful, ordinal, update)
        template = template_of(revision)
        name = f"{meta['name']}-{ordinal}"
        pod_spec = template.get("spec") or {}
        claims = spec.get("volumeClaimTemplates") or ()
        volumes = {v["name"]: v for v in pod_spec.get("volumes") or ()}
        for claim in claims:
            claim_name = f"{claim['metadata']['name']}-{name}"
            self._ensure_claim(stateful, claim, claim_name)
            volume = {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim_name}}
            volumes[claim["metadata"]["name"]] = volume
        create_pod(
            self._plane,
            stateful,
            "apps/v1",
            "StatefulSet",
            template,
            name=name,
            labels={
                _POD_NAME: name,
                _POD_INDEX: str(ordinal),
                HASH_LABEL: revision["metadata"]["name"],
            },
            spec={
                "hostname": name,
                **({"subdomain": spec["serviceName"]} if spec.get("serviceName") else {}),
                **({"volumes": list(volumes.values())} if volumes else {}),
            },
        )

    def _revision_for(self, stateful: Obj, ordinal: int, update: Obj) -> Obj:
        """Below the partition a pod comes back as it was."""
        rolling = (stateful["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
        current = (stateful.get("status") or {}).get("currentRevision")
        if ordinal >= int(rolling.get("partition") or 0) or not current:
            return update
        known = history(self._plane, stateful)
        return next((r for r in known if r["metadata"]["name"] == current), update)

    def _ensure_claim(self, stateful: Obj, template: Obj, name: str) -> None:
        namespace = stateful["metadata"]["namespace"]
        if self._plane.store.raw(PERSISTENT_VOLUME_CLAIMS, namespace, name) is not None:
            return
        own = (stateful["spec"].get("selector") or {}).get("matchLabels") or {}
        meta = template.get("metadata") or {}
        self._plane.verbs.create(
            PERSISTENT_VOLUME_CLAIMS,
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "labels": {**(meta.get("labels") or {}), **own},
                    **({"annotations": meta["annotations"]} if meta.get("annotations") else {}),
                },
                "spec": deepcopy(template["spec"]),
            },
        )

    def _delete(self, pod: Obj) -> None:
        self._plane.verbs.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])

    def _report(self, stateful: Obj, update: Obj) -> None:
        pods = [pod for pod in pods_of(self._plane, stateful) if not is_finished(pod)]
        alive = [pod for pod in pods if not being_deleted(pod)]
        target = update["metadata"]["name"]
        before = stateful.get("status") or {}
        current = before.get("currentRevision") or target
        ready = sum(is_ready(pod) for pod in pods)
        updated = sum(_revision_of(pod) == target for pod in alive)
        rolling = (stateful["spec"].get("updateStrategy") or {}).get("type") != "OnDelete"
        if rolling and updated == len(pods) == ready and updated == replicas_of(stateful):
            current = target
        status: dict[str, Any] = {
            "observedGeneration": stateful["metadata"].get("generation"),
            "replicas": len(pods),
            "readyReplicas": ready or None,
            "availableReplicas": sum(self._until_available(stateful, pod) == 0 for pod in pods),
            "currentReplicas": sum(_revision_of(pod) == current for pod in alive) or None,
            "updatedReplicas": updated or None,
            "currentRevision": current,
            "updateRevision": target,
            "collisionCount": before.get("collisionCount") or 0,
        }
        self._plane.write_status(STATEFUL_SETS, stateful, status)
        used = {_revision_of(pod).rpartition("-")[2] for pod in pods}
        used |= {current.rpartition("-")[2], hash_of(update)}
        trim_history(self._plane, stateful, used)


def ordinal_of(pod: Obj) -> int:
    tail = str(pod["metadata"]["name"]).rpartition("-")[2]
    return int(tail) if tail.isdigit() else -1


def _revision_of(pod: Obj) -> str:
    return str((pod["metadata"].get("labels") or {}).get(HASH_LABEL) or "")
