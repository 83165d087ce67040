"""One HTTP request as a value, the answer to it, and how each part of a request is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from seatrial.cluster.objects import Obj
from seatrial.simulator.access import Identity
from seatrial.simulator.call import Call, DeleteOptions, Propagation
from seatrial.simulator.head import check_head
from seatrial.simulator.machinery import Machinery
from seatrial.simulator.negotiation import JSON, PATCHES, read_body, shape_of
from seatrial.simulator.paths import ResourcePath
from seatrial.simulator.representing import Representation
from seatrial.simulator.status import ApiError, bad_request, invalid
from seatrial.simulator.surface import Served
from seatrial.simulator.verbs import PatchKind


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What the handlers need of a request; header names are in lower case, `path` has no cluster prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    identity: Identity
    address: str = ""


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = JSON
    warnings: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


def shown_as(api: Machinery, request: HttpRequest, served: Served) -> Representation:
    """The shape in which this client wants to see `served`."""
    return Representation(
        api,
        served,
        shape_of(request.headers.get("accept", "")),
        request.query.get("includeObject") or "Metadata",
    )


def body_of(request: HttpRequest) -> Obj:
    body = read_body(request.body, request.headers.get("content-type", ""))
    check_head(body)
    found: Obj = body
    return found


def patch_of(request: HttpRequest) -> tuple[PatchKind, Any]:
    """The kind of patch that Content-Type names, and its body."""
    media = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    kind = PATCHES.get(media)
    if kind is None:
        raise ApiError(
            415,
            "the body of the request was in an unknown format - accepted media types include: "
            + ", ".join(name for name in PATCHES if name != "application/apply-patch+json"),
        )
    if kind == "apply" and not request.query.get("fieldManager"):
        message = "Required value: is required for apply patch"
        causes = [("FieldValueRequired", "fieldManager", message)]
        raise invalid("meta.k8s.io", "PatchOptions", "", causes)
    return cast(PatchKind, kind), read_body(request.body, media)


def place(body: Obj, path: ResourcePath, served: Served) -> None:
    """The URL says where an object goes; a body that says otherwise is refused."""
    meta = body["metadata"]
    if path.name:
        if (meta.get("name") or path.name) != path.name:
            raise bad_request(
                f"the name of the object ({meta.get('name')}) does not match the name on the URL"
                f" ({path.name})"
            )
        meta["name"] = path.name
    if served.namespaced:
        if not path.namespace:
            raise bad_request("an empty namespace may not be set during creation")
        if (meta.get("namespace") or path.namespace) != path.namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        meta["namespace"] = path.namespace


def delete_options_of(request: HttpRequest, call: Call) -> DeleteOptions:
    body: Obj = {}
    if request.body.strip():
        read = read_body(request.body, request.headers.get("content-type", ""))
        body = read if isinstance(read, dict) else {}
    return read_delete_options({**body, **_deleting(request.query)}, call)


def read_delete_options(body: Obj, call: Call) -> DeleteOptions:
    """`DeleteOptions` of a body or a query; a dry run in it counts for the call."""
    if body.get("dryRun"):
        call.dry_run = True
    propagation = body.get("propagationPolicy") or ""
    if not propagation and body.get("orphanDependents") is not None:
        propagation = "Orphan" if body["orphanDependents"] else "Background"
    if propagation not in ("", "Background", "Foreground", "Orphan"):
        message = (
            f'Unsupported value: "{propagation}": supported values: "Background", "Foreground", "Orphan"'
        )
        causes = [("FieldValueNotSupported", "propagationPolicy", message)]
        raise invalid("meta.k8s.io", "DeleteOptions", "", causes)
    preconditions = body.get("preconditions") or {}
    grace = body.get("gracePeriodSeconds")
    return DeleteOptions(
        grace_period_seconds=int(grace) if grace is not None else None,
        propagation=cast(Propagation, propagation),
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
    )


def is_true(value: str | None) -> bool:
    return value is not None and value.lower() not in ("false", "0")


def _deleting(query: Mapping[str, str]) -> Obj:
    found: Obj = {}
    if "gracePeriodSeconds" in query:
        found["gracePeriodSeconds"] = int(query["gracePeriodSeconds"])
    if "propagationPolicy" in query:
        found["propagationPolicy"] = query["propagationPolicy"]
    return found
