"""The client that can change a cluster: only what carries out an approved plan holds one.

Requests that change something are sent again only when the server surely did not process them (see
`retry`); after anything else the caller observes before it acts again.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.kube.body import decoded, json_object
from seatrial.kube.paths import object_path, resource_path
from seatrial.kube.read import ReadClient
from seatrial.kube.session import Call, Session

FIELD_MANAGER = "seatrial"
PatchKind = Literal["merge", "json", "strategic"]
_CONTENT_TYPE = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
_PODS = GroupVersionResource("", "v1", "pods")


class WriteClient:
    """Changes one cluster; `read` reads it. `dry_run` lets the server check everything and store nothing."""

    __slots__ = ("_session", "read")

    def __init__(self, session: Session) -> None:
        self._session = session
        self.read = ReadClient(session)

    async def create(
        self,
        gvr: GroupVersionResource,
        obj: Obj,
        namespace: str = "",
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Create `obj` (in its own namespace unless one is given); `AlreadyExists` when it is there."""
        metadata = obj.get("metadata") or {}
        path = resource_path(gvr, namespace or str(metadata.get("namespace") or ""))
        if subresource:
            path = object_path(gvr, str(metadata.get("name") or ""), namespace, subresource)
        return await self._send("POST", path, obj, [("fieldManager", FIELD_MANAGER)], dry_run=dry_run)

    async def replace(
        self, gvr: GroupVersionResource, obj: Obj, *, subresource: str = "", dry_run: bool = False
    ) -> Obj:
        """Replace the object by `obj`; with its resourceVersion, `Conflict` when somebody was faster."""
        metadata = obj["metadata"]
        path = object_path(
            gvr, str(metadata.get("name") or ""), str(metadata.get("namespace") or ""), subresource
        )
        return await self._send("PUT", path, obj, [("fieldManager", FIELD_MANAGER)], dry_run=dry_run)

    async def replace_status(self, gvr: GroupVersionResource, obj: Obj, *, dry_run: bool = False) -> Obj:
        """Replace only the status."""
        return await self.replace(gvr, obj, subresource="status", dry_run=dry_run)

    async def patch(
        self,
        gvr: GroupVersionResource,
        name: str,
        namespace: str,
        body: Any,
        *,
        kind: PatchKind = "merge",
        subresource: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Patch the object; a `metadata.resourceVersion` in a merge patch makes it conditional."""
        return await self._send(
            "PATCH",
            object_path(gvr, name, namespace, subresource),
            body,
            [("fieldManager", FIELD_MANAGER)],
            content_type=_CONTENT_TYPE[kind],
            dry_run=dry_run,
        )

    async def apply(
        self,
        gvr: GroupVersionResource,
        obj: Obj,
        *,
        field_manager: str = FIELD_MANAGER,
        force: bool = False,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Server-side apply; `Conflict` names the fields and managers unless `force` takes them over."""
        metadata = obj["metadata"]
        path = object_path(
            gvr, str(metadata.get("name") or ""), str(metadata.get("namespace") or ""), subresource
        )
        params = [("fieldManager", field_manager)] + ([("force", "true")] if force else [])
        return await self._send(
            "PATCH", path, obj, params, content_type="application/apply-patch+yaml", dry_run=dry_run
        )

    async def delete(
        self,
        gvr: GroupVersionResource,
        name: str,
        namespace: str = "",
        *,
        propagation: Literal["Background", "Foreground", "Orphan"] | None = None,
        uid: str = "",
        resource_version: str = "",
        grace_seconds: int | None = None,
        dry_run: bool = False,
    ) -> Obj:
        """Delete one object, if it still has this `uid` and `resource_version` where they are given."""
        options = _delete_options(propagation, uid, resource_version, grace_seconds)
        return await self._send("DELETE", object_path(gvr, name, namespace), options, [], dry_run=dry_run)

    async def evict(
        self,
        name: str,
        namespace: str,
        *,
        uid: str = "",
        grace_seconds: int | None = None,
        dry_run: bool = False,
    ) -> None:
        """Ask for a pod to be evicted; `BudgetRefused` when a disruption budget says not now."""
        eviction: Obj = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
        }
        options = _delete_options(None, uid, "", grace_seconds)
        if dry_run:
            options["dryRun"] = ["All"]
        if len(options) > 2:
            eviction["deleteOptions"] = options
        await self._send(
            "POST", object_path(_PODS, name, namespace, "eviction"), eviction, [], dry_run=dry_run
        )

    async def scale(
        self, gvr: GroupVersionResource, name: str, namespace: str, replicas: int, *, dry_run: bool = False
    ) -> Obj:
        """Set the replica count through the scale subresource."""
        body = {"spec": {"replicas": replicas}}
        return await self.patch(gvr, name, namespace, body, subresource="scale", dry_run=dry_run)

    async def _send(
        self,
        method: str,
        path: str,
        body: Any,
        params: list[tuple[str, str]],
        *,
        content_type: str = "application/json",
        dry_run: bool,
    ) -> Obj:
        if dry_run:
            params = [*params, ("dryRun", "All")]
        call = Call(method, path, tuple(params), msgspec.json.encode(body), content_type)
        answer = await self._session.send(call)
        return decoded(json_object, answer.body, where=self._session.where(call))


def _delete_options(
    propagation: str | None, uid: str, resource_version: str, grace_seconds: int | None
) -> dict[str, Any]:
    options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions"}
    if propagation:
        options["propagationPolicy"] = propagation
    if grace_seconds is not None:
        options["gracePeriodSeconds"] = grace_seconds
    preconditions = {"uid": uid, "resourceVersion": resource_version}
    if any(preconditions.values()):
        options["preconditions"] = {key: value for key, value in preconditions.items() if value}
    return options
