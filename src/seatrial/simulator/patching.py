"""The four kinds of patch, each ending in the same write as an update."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.schemas.apply import ApplyConflict, server_side_apply
from seatrial.schemas.patch_json import PatchDoesNotApply, json_patch
from seatrial.schemas.patch_merge import merge_patch
from seatrial.schemas.patch_strategic import strategic_merge_patch
from seatrial.simulator import writing
from seatrial.simulator.admission import require_namespace
from seatrial.simulator.call import Call
from seatrial.simulator.conversion import convert
from seatrial.simulator.decoding import read_as
from seatrial.simulator.head import check_head
from seatrial.simulator.machinery import Machinery
from seatrial.simulator.status import ApiError, bad_request, not_found
from seatrial.simulator.store import ResourceKey, decode, encode
from seatrial.simulator.strategy import has_own_status
from seatrial.simulator.surface import Served


def patch(
    api: Machinery,
    key: ResourceKey,
    namespace: str,
    name: str,
    body: Any,
    kind: str,
    call: Call,
    *,
    subresource: str,
    force: bool,
) -> Obj:
    if kind == "apply":
        return _apply(api, key, namespace, name, body, call, subresource, force)
    served = api.served(key, call.version)
    old = api.store.get(key, namespace, name)
    if old is None:
        raise not_found(key, name)
    current = convert(decode(encode(old)), served)
    wanted = patched(api, served, current, body, kind)
    check_head(wanted)
    meta = wanted["metadata"]
    if meta.get("name") != name or (meta.get("namespace") or "") != namespace:
        raise bad_request(
            f"the name of the object ({meta.get('name')}) does not match the name on the URL ({name})"
        )
    return writing.replace(api, served, old, wanted, call, subresource)


def patched(api: Machinery, served: Served, current: Obj, body: Any, kind: str) -> Obj:
    """`current` after the patch, in memory."""
    try:
        match kind:
            case "json":
                return json_patch(current, body)
            case "strategic":
                schema = api.definitions.schema(served)
                if served.custom or schema is None:
                    raise _unsupported()
                return strategic_merge_patch(current, body, schema)
            case _:
                return merge_patch(current, body)
    except PatchDoesNotApply as error:
        raise ApiError(
            422, "the server rejected our request due to an error in our request", reason="Invalid"
        ) from error
    except BadInput as error:
        raise bad_request(error.what) from error


def _unsupported() -> ApiError:
    return ApiError(
        415,
        "the body of the request was in an unknown format - accepted media types include:"
        " application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    )


def _apply(
    api: Machinery,
    key: ResourceKey,
    namespace: str,
    name: str,
    body: Any,
    call: Call,
    subresource: str,
    force: bool,
) -> Obj:
    check_head(body)
    if not body.get("apiVersion") or not body.get("kind"):
        raise bad_request("invalid object type: apiVersion and kind are required in an apply patch")
    served = api.served(key, call.version or str(body["apiVersion"]))
    meta = body.setdefault("metadata", {})
    if (meta.get("name") or name) != name:
        raise bad_request(
            f"the name of the object ({meta['name']}) does not match the name on the URL ({name})"
        )
    meta["name"] = name
    if served.namespaced:
        meta["namespace"] = namespace
    if meta.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    schema = api.definitions.schema(served)
    if schema is None:
        raise _unsupported()
    stored = api.store.get(key, namespace, name)
    if stored is None and subresource:
        raise not_found(key, name)
    if stored is None and served.namespaced:
        require_namespace(api.store, key, namespace, name)
    live = convert(decode(encode(stored)), served) if stored is not None else None
    wanted = _only_what_is_written(served, _named(api, served, body, call), subresource)
    asked_uid = meta.pop("uid", None)
    meta.pop("resourceVersion", None) if live is None else None
    try:
        merged = server_side_apply(
            live,
            wanted,
            manager=call.manager,
            force=force,
            schema=schema,
            now=api.instant(),
            subresource=subresource,
        )
    except ApplyConflict as error:
        raise _conflict(error) from error
    except BadInput as error:
        raise bad_request(
            f"failed to create typed patch object ({namespace}/{name}): {error.what}"
        ) from error
    if stored is None:
        if asked_uid:
            raise not_found(key, name)
        return writing.create(api, key, merged, call, applied=True)
    return writing.replace(api, served, stored, merged, call, subresource, applied=True)


def _named(api: Machinery, served: Served, body: Obj, call: Call) -> Obj:
    """What the manager wrote, and nothing that defaults would add to it."""
    strict = Call(field_validation=call.field_validation, warnings=call.warnings)
    return read_as(api.definitions, served, body, strict, fill=False)


def _only_what_is_written(served: Served, body: Obj, subresource: str) -> Obj:
    if subresource == "status":
        return {name: value for name, value in body.items() if name in _HEAD or name == "status"}
    if has_own_status(served.key, served.subresources):
        return {name: value for name, value in body.items() if name != "status"}
    return body


_HEAD = ("apiVersion", "kind", "metadata")


def _conflict(error: ApplyConflict) -> ApiError:
    causes = [
        {"reason": "FieldManagerConflict", "message": one.message, "field": one.path}
        for one in error.conflicts
    ]
    return ApiError(409, error.what, details={"causes": causes})
