"""The garbage collector: what happens to dependents when their owner goes.

Background: dependents follow once the owner is gone. Foreground: the owner waits for the dependents
that block it. Orphan: dependents lose the reference first. `verbs.delete` sets the finalizers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seatrial.cluster.objects import Obj
from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.controllers.loop import Change
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.store import Record, ResourceKey

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class GarbageCollector:
    """Watches every resource; its keys are uids, for an owner may be of any kind."""

    watches: Sequence[ResourceKey] | None = None

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[tuple[str, str]]:
        meta = change.obj["metadata"]
        owners = [ref["uid"] for ref in meta.get("ownerReferences") or ()]
        if change.deleted:
            # dependents follow; owners that wait in the foreground look again
            return [("", meta["uid"]), *(("", uid) for uid in owners)]
        if being_deleted(change.obj) and {FOREGROUND, ORPHAN} & set(meta.get("finalizers") or ()):
            return [("", meta["uid"]), *(("", uid) for uid in owners)]
        if change.added and not change.initial:
            # It may have been created after its owner went. What was there at the start is left alone: a
            # twin lacks the owners that its snapshot was not allowed to read.
            return [("", uid) for uid in owners if self._plane.store.by_uid(uid) is None]
        return ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        uid = name
        owner = self._plane.store.by_uid(uid)
        if owner is None:
            for dependent in self._plane.store.owned_by(uid):
                self._let_go_of(dependent, uid)
            return None
        obj = self._plane.store.shared(owner)
        if not being_deleted(obj):
            return None
        finalizers = obj["metadata"].get("finalizers") or ()
        if ORPHAN in finalizers:
            for dependent in self._plane.store.owned_by(uid):
                self._drop_reference(dependent, uid)
            self._drop_finalizer(owner, ORPHAN)
        elif FOREGROUND in finalizers:
            self._delete_in_foreground(owner)
        return None

    def _delete_in_foreground(self, owner: Record) -> None:
        dependents = self._plane.store.owned_by(owner.uid)
        for dependent in dependents:
            if not being_deleted(self._plane.store.shared(dependent)):
                self._let_go_of(dependent, owner.uid, DeleteOptions(propagation="Foreground"))
        if not any(self._blocks(left, owner.uid) for left in self._plane.store.owned_by(owner.uid)):
            self._drop_finalizer(owner, FOREGROUND)

    def _let_go_of(self, dependent: Record, uid: str, options: DeleteOptions | None = None) -> None:
        """Delete the dependent, unless another owner still lives: then only the reference goes."""
        obj = self._plane.store.shared(dependent)
        if _solid_owners(self._plane, obj, uid):
            self._drop_reference(dependent, uid)
        elif not being_deleted(obj):
            options = options or DeleteOptions(propagation="Background")
            self._plane.verbs.delete(dependent.key, dependent.namespace, dependent.name, options)

    def _drop_reference(self, dependent: Record, uid: str) -> None:
        def change(obj: Obj) -> None:
            references = obj["metadata"].get("ownerReferences") or []
            left = [ref for ref in references if ref["uid"] != uid]
            if left:
                obj["metadata"]["ownerReferences"] = left
            else:
                obj["metadata"].pop("ownerReferences", None)

        self._plane.verbs.modify(dependent.key, dependent.namespace, dependent.name, change)

    def _drop_finalizer(self, owner: Record, finalizer: str) -> None:
        def change(obj: Obj) -> None:
            left = [f for f in obj["metadata"].get("finalizers") or () if f != finalizer]
            obj["metadata"]["finalizers"] = left

        self._plane.verbs.modify(owner.key, owner.namespace, owner.name, change)

    def _blocks(self, dependent: Record, uid: str) -> bool:
        references = self._plane.store.shared(dependent)["metadata"].get("ownerReferences") or ()
        return any(ref["uid"] == uid and ref.get("blockOwnerDeletion") for ref in references)


def _solid_owners(plane: Plane, obj: Obj, gone: str) -> bool:
    """Is there another owner that exists and is not itself waiting for its dependents to go?"""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference["uid"] == gone:
            continue
        record = plane.store.by_uid(reference["uid"])
        if record is None:
            continue
        meta = plane.store.shared(record)["metadata"]
        if not (meta.get("deletionTimestamp") and FOREGROUND in (meta.get("finalizers") or ())):
            return True
    return False
