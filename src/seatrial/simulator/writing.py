"""Create and update: how an object is completed, judged and stored.

One pipeline for both: decode against the requested version's schema, convert to the storage version,
default, admit, judge, track ownership, store. Callers in the process (an empty `field_validation`)
skip the schema steps: their objects derive from ones that were judged before.
"""

from __future__ import annotations

import re

from seatrial.cluster.objects import Obj
from seatrial.simulator import tracking
from seatrial.simulator.admission import NAMESPACES, admit, require_namespace
from seatrial.simulator.call import Call
from seatrial.simulator.conversion import convert
from seatrial.simulator.decoding import check_schema, read_as
from seatrial.simulator.defaults import set_defaults
from seatrial.simulator.definitions import CRDS, establish
from seatrial.simulator.limits import broken_limits
from seatrial.simulator.machinery import Machinery
from seatrial.simulator.ratcheting import newly_wrong
from seatrial.simulator.status import already_exists, bad_request, conflict, invalid, not_found
from seatrial.simulator.store import ResourceKey
from seatrial.simulator.strategy import Cause, desired, has_own_status, keeps_generation, refusals
from seatrial.simulator.surface import Served

_SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_SUBDOMAIN_HELP = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
    " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
# Names of these may hold colons and capitals.
_PATH_SEGMENTS = "rbac.authorization.k8s.io"


def create(api: Machinery, key: ResourceKey, obj: Obj, call: Call, *, applied: bool = False) -> Obj:
    """`applied`: server-side apply has computed managedFields already."""
    served = api.served(key, call.version or str(obj.get("apiVersion") or ""))
    meta = obj.setdefault("metadata", {})
    if meta.get("resourceVersion"):
        raise bad_request("resourceVersion should not be set on objects to be created")
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = _free_name(api, key, meta)
    name = meta.get("name") or ""
    if served.namespaced:
        namespace = meta.setdefault("namespace", "default")
        require_namespace(api.store, key, namespace, name)
    else:
        namespace = ""
        meta.pop("namespace", None)
    obj = read_as(api.definitions, served, obj, call)
    meta = obj["metadata"]
    if api.store.raw(key, namespace, name):
        raise already_exists(key, name)
    storage = api.served(key)
    if has_own_status(key, storage.subresources):
        obj.pop("status", None)
    for field in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"):
        meta.pop(field, None)
    meta["uid"] = api.new_uid()
    meta["creationTimestamp"] = api.now()
    if keeps_generation(key, custom=bool(storage.custom)):
        meta["generation"] = 1
    obj = _complete(api, storage, obj, None, call)
    if not applied:
        tracking.written(api, storage, None, obj, call)
    _judge(api, storage, obj, None, call)
    if key == CRDS:
        establish(obj, api.now())
    if not call.dry_run:
        api.store.create(key, obj)
    return convert(obj, served)


def _free_name(api: Machinery, key: ResourceKey, meta: Obj) -> str:
    """A generated name that is not taken; after eight tries the caller gets the conflict, as upstream."""
    for _ in range(8):
        name = api.generate_name(meta["generateName"])
        if api.store.raw(key, meta.get("namespace") or "", name) is None:
            break
    return name


def restore(api: Machinery, key: ResourceKey, obj: Obj) -> Obj:
    """Everything stays as it is, but for the resourceVersion, which is this cluster's."""
    storage = api.served(key)
    meta = obj["metadata"]
    meta.setdefault("uid", api.new_uid())
    meta.setdefault("creationTimestamp", api.now())
    if storage.namespaced:
        meta.setdefault("namespace", "default")
    obj = convert(obj, storage)
    set_defaults(key, obj)
    if key == CRDS:
        establish(obj, api.now())
    if api.store.raw(key, meta.get("namespace") or "", meta["name"]):
        return api.store.update(key, obj)
    return api.store.create(key, obj)


def update(api: Machinery, key: ResourceKey, obj: Obj, call: Call, subresource: str) -> Obj:
    served = api.served(key, call.version or str(obj.get("apiVersion") or ""))
    meta = obj.setdefault("metadata", {})
    namespace = (meta.get("namespace") or "") if served.namespaced else ""
    old = api.store.get(key, namespace, meta.get("name") or "")
    if old is None:
        raise not_found(key, meta.get("name") or "")
    if served.custom and not meta.get("resourceVersion") and call.field_validation:
        raise invalid(
            key.group,
            served.kind,
            meta["name"],
            [
                (
                    "FieldValueInvalid",
                    "metadata.resourceVersion",
                    "Invalid value: 0: must be specified for an update",
                )
            ],
        )
    return replace(api, served, old, obj, call, subresource)


def replace(
    api: Machinery, served: Served, old: Obj, obj: Obj, call: Call, subresource: str, *, applied: bool = False
) -> Obj:
    """Store `obj` (in `served`'s version) in place of `old` (in the storage version).

    `applied`: server-side apply has computed managedFields already.
    """
    key, storage = served.key, api.served(served.key)
    meta, before = obj["metadata"], old["metadata"]
    name = before["name"]
    if meta.get("uid") and meta["uid"] != before["uid"]:
        raise conflict(
            key,
            name,
            f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {before['uid']}",
        )
    if meta.get("resourceVersion") and meta["resourceVersion"] != before["resourceVersion"]:
        raise conflict(key, name)
    if call.field_validation:
        obj = read_as(api.definitions, served, obj, call)
        meta = obj["metadata"]
    obj = _only_what_may_change(key, storage, old, convert(obj, storage), subresource)
    meta = obj["metadata"]
    for field in _SERVERS_OWN:
        if field in before:
            meta[field] = before[field]
        else:
            meta.pop(field, None)
    meta["resourceVersion"] = before["resourceVersion"]
    if subresource in ("", "scale", "resize", "ephemeralcontainers"):
        obj = _complete(api, storage, obj, old, call)
    changed = desired(obj) != desired(old)
    if changed and keeps_generation(key, custom=bool(storage.custom)):
        meta["generation"] = int(before.get("generation") or 0) + 1
    if not applied:
        tracking.written(api, storage, old, obj, call, subresource=subresource)
    _judge(api, storage, obj, old, call)
    if key == CRDS and not subresource:
        establish(obj, api.now())
    if not call.dry_run:
        if is_over(key, obj):
            api.store.remove(key, meta.get("namespace") or "", name, last=obj)
        else:
            obj = api.store.update(key, obj)
    return convert(obj, served)


_SERVERS_OWN = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
)


def is_over(key: ResourceKey, obj: Obj) -> bool:
    """Whether a marked object has nothing left that holds it."""
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp") or meta.get("finalizers"):
        return False
    if key == NAMESPACES:
        return not (obj.get("spec") or {}).get("finalizers")
    return not meta.get("deletionGracePeriodSeconds")


def _only_what_may_change(key: ResourceKey, storage: Served, old: Obj, obj: Obj, subresource: str) -> Obj:
    match subresource:
        case "status" | "approval":
            kept = {name: value for name, value in old.items() if name not in ("metadata", "status")}
            meta = dict(obj["metadata"])
            # A status write of a built-in kind may carry labels and annotations, not owners or finalizers.
            for field in ("ownerReferences", "finalizers"):
                meta.pop(field, None)
                if field in old["metadata"]:
                    meta[field] = old["metadata"][field]
            if storage.custom:
                meta = {**old["metadata"], "managedFields": meta.get("managedFields") or []}
            kept["metadata"] = meta
            if "status" in obj:
                kept["status"] = obj["status"]
            return {name: kept[name] for name in ("apiVersion", "kind", "metadata") if name in kept} | kept
        case "finalize":
            spec = {**(old.get("spec") or {}), "finalizers": (obj.get("spec") or {}).get("finalizers") or []}
            return {**old, "metadata": dict(old["metadata"]), "spec": spec}
        case _:
            if has_own_status(key, storage.subresources):
                obj.pop("status", None)
                if "status" in old:
                    obj["status"] = old["status"]
            return obj


def _complete(api: Machinery, storage: Served, obj: Obj, old: Obj | None, call: Call) -> Obj:
    """Convert to the storage version, default and admit."""
    obj = convert(obj, storage)
    obj["apiVersion"], obj["kind"] = storage.gvr.api_version, storage.kind
    set_defaults(storage.key, obj)
    admit(api.store, storage.key, obj, old)
    head = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": obj["metadata"]}
    return {**head, **obj}


def _judge(api: Machinery, storage: Served, obj: Obj, old: Obj | None, call: Call) -> None:
    """422 with every cause."""
    causes: list[Cause] = []
    meta = obj["metadata"]
    name = meta.get("name") or ""
    if old is None:
        causes += _name(storage, meta)
    if call.field_validation:
        causes += broken_limits(storage.key, obj)
        wrong = check_schema(api.definitions, storage, obj)
        causes += wrong if old is None or not storage.custom else newly_wrong(wrong, obj, old)
        if not causes:
            causes += refusals(storage.key, obj, old)
    if causes:
        raise invalid(storage.key.group, storage.kind, name, causes)


def _name(storage: Served, meta: Obj) -> list[Cause]:
    name = meta.get("name")
    if not name:
        return [
            ("FieldValueRequired", "metadata.name", "Required value: name or generateName is required"),
        ]
    if storage.key.group == _PATH_SEGMENTS:
        ok = name not in (".", "..") and "/" not in name and "%" not in name
    else:
        ok = len(name) <= 253 and bool(_SUBDOMAIN.match(name))
    if ok:
        return []
    return [("FieldValueInvalid", "metadata.name", f'Invalid value: "{name}": {_SUBDOMAIN_HELP}')]
