"""A cluster as a dictionary, for what asks only a few questions of it."""

from __future__ import annotations

from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.errors import NotFound


class FakeCluster:
    """Reader and Applier over objects by (resource, namespace, name); applied CRDs become established."""

    def __init__(self, *objects: tuple[str, Obj], establishes: bool = True) -> None:
        self.objects: dict[tuple[str, str, str], Obj] = {}
        self.applied: list[tuple[str, str, bool]] = []
        self.establishes = establishes
        for resource, obj in objects:
            meta = obj["metadata"]
            self.objects[resource, meta.get("namespace", ""), meta["name"]] = obj

    async def get(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> Obj:
        try:
            return self.objects[gvr.resource, namespace, name]
        except KeyError:
            raise NotFound("not there") from None

    async def list_objects(
        self, gvr: GroupVersionResource, namespace: str | None = None, *, label_selector: str = ""
    ) -> list[Obj]:
        wanted = dict(part.split("=") for part in label_selector.split(",") if part)
        return [
            obj
            for (resource, where, _), obj in self.objects.items()
            if resource == gvr.resource
            and namespace in (None, where)
            and wanted.items() <= (obj["metadata"].get("labels") or {}).items()
        ]

    async def apply(self, gvr: GroupVersionResource, obj: Obj, *, field_manager: str, force: bool) -> Obj:
        name = obj["metadata"]["name"]
        self.applied.append((name, field_manager, force))
        status = {"conditions": [{"type": "Established", "status": str(self.establishes)}]}
        self.objects[gvr.resource, "", name] = {**obj, "status": status}
        return obj
