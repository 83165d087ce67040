"""The objects of a snapshot, for whoever looks at one after the other: each kind is decoded once."""

from __future__ import annotations

from functools import cached_property

from seatrial.cluster.objects import GroupKind, GroupVersionKind, Obj, ObjectRef
from seatrial.cluster.snapshot import Snapshot
from seatrial.fixes.reverting import AUTOSCALER


class LiveObjects:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[GroupKind, dict[tuple[str, str], Obj]] = {}

    @cached_property
    def autoscalers(self) -> tuple[Obj, ...]:
        """Of pods."""
        return tuple(self._of(AUTOSCALER).values())

    def find(self, ref: ObjectRef) -> Obj | None:
        kind = GroupVersionKind.of(ref.api_version, ref.kind).group_kind
        return self._of(kind).get((ref.namespace, ref.name))

    def _of(self, kind: GroupKind) -> dict[tuple[str, str], Obj]:
        known = self._known.get(kind)
        if known is None:
            refs = ((ObjectRef.of(each), each) for each in self._snapshot.objects(kind))
            known = self._known[kind] = {(found.namespace, found.name): each for found, each in refs}
        return known
