"""Deployments: one ReplicaSet per revision of the template, rolled from old to new.

Annotations, conditions and status fields are those that `kubectl rollout` and Helm's waits read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.deployment_status import (
    deployment_status,
    is_complete,
    seconds_to_deadline,
)
from seatrial.simulator.controllers.kinds import DEPLOYMENTS, PODS, REPLICA_SETS
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import (
    Plane,
    being_deleted,
    controller_of,
    owner_reference,
)
from seatrial.simulator.controllers.pods import is_finished, pods_of, template_hash
from seatrial.simulator.controllers.replicasets import adopt, replicas_of
from seatrial.simulator.controllers.rolling import Limits, Side, limits, new_side, old_sides, share
from seatrial.simulator.matching import labels_match
from seatrial.simulator.store import ResourceKey

REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_DESIRED = "deployment.kubernetes.io/desired-replicas"
_MAX = "deployment.kubernetes.io/max-replicas"
_HASH = "pod-template-hash"
_NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
    REVISION,
    _HISTORY,
    _DESIRED,
    _MAX,
}


class Deployments:
    watches: Sequence[ResourceKey] = (DEPLOYMENTS, REPLICA_SETS, PODS)

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        namespace = change.obj["metadata"].get("namespace", "")
        if change.key == DEPLOYMENTS:
            return () if change.deleted else ((namespace, change.obj["metadata"]["name"]),)
        if change.key == PODS:
            # Recreate waits for the last old pod to be gone; nothing else here looks at pods
            return self._owner_of_gone(change) if change.deleted else ()
        owners = {ref["name"] for obj in change.states if (ref := _deployment_of(obj))}
        return [(namespace, name) for name in sorted(owners)]

    def reconcile(self, namespace: str, name: str) -> float | None:
        deployment = self._plane.store.peek(DEPLOYMENTS, namespace, name)
        if deployment is None:
            return None
        if not being_deleted(deployment):
            self._adopt(deployment)
            self._move(deployment)
            deployment = self._plane.store.peek(DEPLOYMENTS, namespace, name) or deployment
        return self._report(deployment)

    def _move(self, deployment: Obj) -> None:
        sets = self._sets(deployment)
        new = _new_set(deployment, sets)
        if deployment["spec"].get("paused") or self._was_scaled(deployment, sets):
            self._scale_in_proportion(deployment, sets)
        elif (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
            self._recreate(deployment, new, [s for s in sets if s is not new])
        else:
            self._roll(deployment, new, [s for s in sets if s is not new])
        self._clean_up(deployment)

    def _roll(self, deployment: Obj, new: Obj | None, olds: list[Obj]) -> None:
        limit = limits_of(deployment)
        # a pod that its ReplicaSet has still to delete exists: the surge counts it
        total = sum(max(replicas_of(s), int((s.get("status") or {}).get("replicas") or 0)) for s in olds)
        if new is None:
            new = self._create_set(deployment, olds, new_side(0, total, limit))
        else:
            new = self._refresh_set(deployment, new, olds)
            wanted = new_side(replicas_of(new), total + replicas_of(new), limit)
            self._scale(deployment, new, wanted)
            new = self._plane.store.peek(REPLICA_SETS, *_place(new)) or new
        for name, wanted in old_sides(_side(new), [_side(s) for s in olds], limit).items():
            old = next(s for s in olds if s["metadata"]["name"] == name)
            self._scale(deployment, old, wanted)

    def _recreate(self, deployment: Obj, new: Obj | None, olds: list[Obj]) -> None:
        for old in olds:
            self._scale(deployment, old, 0)
        if any(not is_finished(pod) for old in olds for pod in pods_of(self._plane, old)):
            return
        if new is None:
            self._create_set(deployment, olds, limits_of(deployment).replicas)
        else:
            new = self._refresh_set(deployment, new, olds)
            self._scale(deployment, new, limits_of(deployment).replicas)

    def _was_scaled(self, deployment: Obj, sets: Sequence[Obj]) -> bool:
        desired = str(replicas_of(deployment))
        return any(
            replicas_of(s) and (s["metadata"].get("annotations") or {}).get(_DESIRED, desired) != desired
            for s in sets
        )

    def _scale_in_proportion(self, deployment: Obj, sets: list[Obj]) -> None:
        limit = limits_of(deployment)
        active = [s for s in sets if replicas_of(s)]
        new = _new_set(deployment, sets)
        if len(active) <= 1:
            only = active[0] if active else (new or (sets[-1] if sets else None))
            if only is not None:
                self._scale(deployment, only, limit.replicas)
            return
        if new is not None and _is_saturated(deployment, new):
            for old in active:
                if old is not new:
                    self._scale(deployment, old, 0)
            return
        sized_for = max(
            int((s["metadata"].get("annotations") or {}).get(_MAX) or limit.at_most) for s in active
        )
        newest_first = active[::-1]
        ranked = sorted(newest_first, key=replicas_of, reverse=True)
        wanted = share([_side(s) for s in ranked], limit, sized_for)
        for replica_set in ranked:
            self._scale(deployment, replica_set, wanted[replica_set["metadata"]["name"]])

    def _scale(self, deployment: Obj, replica_set: Obj, wanted: int) -> None:
        limit = limits_of(deployment)
        sizes = {_DESIRED: str(limit.replicas), _MAX: str(limit.at_most)}
        annotations = replica_set["metadata"].get("annotations") or {}
        if replicas_of(replica_set) == wanted and (not wanted or sizes.items() <= annotations.items()):
            return

        def change(obj: Obj) -> None:
            obj["spec"]["replicas"] = wanted
            obj["metadata"].setdefault("annotations", {}).update(sizes)

        self._plane.verbs.modify(REPLICA_SETS, *_place(replica_set), change)

    def _create_set(self, deployment: Obj, olds: Sequence[Obj], replicas: int) -> Obj:
        meta, spec = deployment["metadata"], deployment["spec"]
        template = deepcopy(spec["template"])
        hashed = template_hash(template)
        while self._plane.store.raw(REPLICA_SETS, meta["namespace"], f"{meta['name']}-{hashed}"):
            hashed = template_hash(template, salt=hashed)  # somebody else's ReplicaSet has that name
        template.setdefault("metadata", {}).setdefault("labels", {})[_HASH] = hashed
        selector = deepcopy(spec["selector"])
        selector.setdefault("matchLabels", {})[_HASH] = hashed
        limit = limits_of(deployment)
        revision = str(max((revision_of(old) for old in olds), default=0) + 1)
        created = self._plane.verbs.create(
            REPLICA_SETS,
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": f"{meta['name']}-{hashed}",
                    "namespace": meta["namespace"],
                    "labels": dict(template["metadata"]["labels"]),
                    "annotations": {
                        **_copied(deployment),
                        REVISION: revision,
                        _DESIRED: str(limit.replicas),
                        _MAX: str(limit.at_most),
                    },
                    "ownerReferences": [owner_reference(deployment, "apps/v1", "Deployment")],
                },
                "spec": {
                    "replicas": replicas,
                    "minReadySeconds": int(spec.get("minReadySeconds") or 0),
                    "selector": selector,
                    "template": template,
                },
            },
        )
        self._note_revision(deployment, revision)
        return created

    def _refresh_set(self, deployment: Obj, new: Obj, olds: Sequence[Obj]) -> Obj:
        """Give the ReplicaSet of the current template the newest revision, also after a rollback to it."""
        newest = max((revision_of(old) for old in olds), default=0) + 1
        current = revision_of(new)
        wanted = {**_copied(deployment), REVISION: str(max(newest, current))}
        if newest > current and current:
            history = (new["metadata"].get("annotations") or {}).get(_HISTORY)
            wanted[_HISTORY] = f"{history},{current}" if history else str(current)
        min_ready = int(deployment["spec"].get("minReadySeconds") or 0)

        def change(obj: Obj) -> None:
            obj["metadata"].setdefault("annotations", {}).update(wanted)
            obj["spec"]["minReadySeconds"] = min_ready

        unchanged = wanted.items() <= (new["metadata"].get("annotations") or {}).items()
        if not unchanged or int(new["spec"].get("minReadySeconds") or 0) != min_ready:
            new = self._plane.verbs.modify(REPLICA_SETS, *_place(new), change) or new
        self._note_revision(deployment, wanted[REVISION])
        return new

    def _note_revision(self, deployment: Obj, revision: str) -> None:
        if (deployment["metadata"].get("annotations") or {}).get(REVISION) == revision:
            return

        def change(obj: Obj) -> None:
            obj["metadata"].setdefault("annotations", {})[REVISION] = revision

        self._plane.verbs.modify(DEPLOYMENTS, *_place(deployment), change)

    def _clean_up(self, deployment: Obj) -> None:
        """Delete empty old ReplicaSets beyond the history limit once the rollout is complete."""
        current = self._plane.store.peek(DEPLOYMENTS, *_place(deployment)) or deployment
        if not is_complete(current):
            return
        sets = self._sets(deployment)
        new = _new_set(deployment, sets)
        empty = [
            s
            for s in sets
            if s is not new
            and not replicas_of(s)
            and not (s.get("status") or {}).get("replicas")
            and not being_deleted(s)
        ]
        keep = deployment["spec"].get("revisionHistoryLimit")
        excess = len(empty) - (10 if keep is None else int(keep))
        for old in empty[: max(0, excess)]:
            self._plane.verbs.delete(REPLICA_SETS, *_place(old))

    def _report(self, deployment: Obj) -> float | None:
        sets = self._sets(deployment)
        new = _new_set(deployment, sets)
        status = deployment_status(
            deployment, new, [s for s in sets if s is not new], limits_of(deployment), self._plane
        )
        self._plane.write_status(DEPLOYMENTS, deployment, status)
        return seconds_to_deadline(deployment, status, self._plane)

    def _sets(self, deployment: Obj) -> list[Obj]:
        """All its ReplicaSets, oldest first."""
        owned = self._plane.owned(deployment["metadata"]["uid"], REPLICA_SETS)
        return sorted(
            owned,
            key=lambda s: (s["metadata"].get("creationTimestamp") or "", revision_of(s), _place(s)),
        )

    def _adopt(self, deployment: Obj) -> None:
        for record in list(self._plane.store.records(REPLICA_SETS, deployment["metadata"]["namespace"])):
            if not record.owners and labels_match(deployment["spec"].get("selector"), record.labels):
                found = self._plane.store.shared(record)
                if not being_deleted(found):
                    adopt(self._plane, REPLICA_SETS, found, deployment, "Deployment")

    def _owner_of_gone(self, change: Change) -> Iterable[Key]:
        record = self._plane.owner_record(change.obj)
        if record is None or record.key != REPLICA_SETS:
            return ()
        reference = _deployment_of(self._plane.store.shared(record))
        return ((record.namespace, reference["name"]),) if reference else ()


def limits_of(deployment: Obj) -> Limits:
    strategy = deployment["spec"].get("strategy") or {}
    replicas = replicas_of(deployment)
    if strategy.get("type") == "Recreate":
        return Limits(replicas, 0, replicas)
    rolling = strategy.get("rollingUpdate") or {}
    surge, unavailable = rolling.get("maxSurge", "25%"), rolling.get("maxUnavailable", "25%")
    return limits(replicas, surge, unavailable)


def revision_of(replica_set: Obj) -> int:
    text = (replica_set["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def _new_set(deployment: Obj, sets: Sequence[Obj]) -> Obj | None:
    """The ReplicaSet of the current template: the oldest, where two are equal."""
    wanted = _without_hash(deployment["spec"]["template"])
    return next((s for s in sets if _without_hash(s["spec"]["template"]) == wanted), None)


def _without_hash(template: Mapping[str, Any]) -> dict[str, Any]:
    meta = {k: v for k, v in (template.get("metadata") or {}).items() if v is not None}
    meta["labels"] = {k: v for k, v in (meta.get("labels") or {}).items() if k != _HASH}
    return {**template, "metadata": meta}


def _is_saturated(deployment: Obj, replica_set: Obj) -> bool:
    wanted = replicas_of(deployment)
    annotated = (replica_set["metadata"].get("annotations") or {}).get(_DESIRED)
    available = int((replica_set.get("status") or {}).get("availableReplicas") or 0)
    return replicas_of(replica_set) == wanted == available and annotated == str(wanted)


def _side(replica_set: Obj) -> Side:
    available = int((replica_set.get("status") or {}).get("availableReplicas") or 0)
    return Side(replica_set["metadata"]["name"], replicas_of(replica_set), available)


def _copied(deployment: Obj) -> dict[str, str]:
    annotations = deployment["metadata"].get("annotations") or {}
    return {key: value for key, value in annotations.items() if key not in _NOT_COPIED}


def _deployment_of(replica_set: Obj) -> Mapping[str, Any] | None:
    reference = controller_of(replica_set)
    return reference if reference and reference.get("kind") == "Deployment" else None


def _place(obj: Obj) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
