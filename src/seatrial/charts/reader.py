"""The two questions that this package asks a cluster; `seatrial.kube.ReadClient` answers them."""

from __future__ import annotations

from typing import Protocol

from seatrial.cluster.objects import GroupVersionResource, Obj


class Reader(Protocol):
    async def get(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> Obj:
        """One object; raises `NotFound`."""

    async def list_objects(
        self, gvr: GroupVersionResource, namespace: str | None = None, *, label_selector: str = ""
    ) -> list[Obj]:
        """All objects, of one namespace or of all, each with its apiVersion and kind."""


class Applier(Protocol):
    """What `seatrial.kube.WriteClient` does of this."""

    async def apply(self, gvr: GroupVersionResource, obj: Obj, *, field_manager: str, force: bool) -> Obj:
        """Server-side apply; raises `Conflict` unless `force`."""
