"""The OpenAPI documents that kubectl explains, validates and patches by, made from the published schemas.

Version 3 comes one document per group and version; version 2 is one document, which old kubectl reads
only in its protobuf form (`openapi_v2_protobuf`). Documents are made when asked for: a cluster that
no kubectl talks to never pays for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.version import Minor
from seatrial.simulator.definitions import Definitions, schemas_of
from seatrial.simulator.store import encode
from seatrial.simulator.surface import Served, Surface

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_OBJECT_META, _LIST_META = _META + "ObjectMeta", _META + "ListMeta"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_V3, _V2 = "#/components/schemas/", "#/definitions/"


def index_v3(surface: Surface, definitions: Definitions) -> dict[str, Any]:
    """`/openapi/v3`: where each group and version's document is, with a hash that changes with it."""
    paths = {}
    for group, versions in surface.groups().items():
        for version in versions:
            where = f"apis/{group}/{version}" if group else f"api/{version}"
            shown = repr((surface.minor, surface.in_version(group, version)))
            custom = [definitions.custom(s) for s in surface.in_version(group, version)]
            shown += "".join(encode(c.raw_schema).decode() for c in custom if c is not None)
            digest = hashlib.sha256(shown.encode()).hexdigest()[:32].upper()
            paths[where] = {"serverRelativeURL": f"/openapi/v3/{where}?hash={digest}"}
    return {"paths": paths}


def document_v3(
    surface: Surface, definitions: Definitions, group: str, version: str
) -> dict[str, Any] | None:
    served = surface.in_version(group, version)
    if not served:
        return None
    schemas = _published(surface.minor, _roots(surface.minor, served), _V3)
    for one in served:
        custom = definitions.custom(one)
        if custom is not None:
            schemas |= _custom(one, custom.raw_schema, _V3)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": f"v{surface.minor}.0"},
        "paths": _paths(served, _body_v3),
        "components": {"schemas": schemas},
    }


def document_v2(surface: Surface, definitions: Definitions) -> dict[str, Any]:
    served = list(surface.resources())
    schemas = _published(surface.minor, _roots(surface.minor, served), _V2)
    for one in served:
        custom = definitions.custom(one)
        if custom is not None:
            schemas |= _custom(one, custom.raw_schema, _V2)
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": f"v{surface.minor}.0"},
        "paths": _paths(served, _body_v2),
        "definitions": schemas,
    }


# schemas
def _roots(minor: Minor, served: Iterable[Served]) -> tuple[str, ...]:
    schemas, roots = schemas_of(minor), [_OBJECT_META, _LIST_META, _META + "DeleteOptions", _META + "Status"]
    for one in served:
        for kind in (one.kind, f"{one.kind}List"):
            name = schemas.definition_name(GroupVersionKind(one.gvr.group, one.gvr.version, kind))
            if name is not None and not one.custom:
                roots.append(name)
    return tuple(roots)


def _published(minor: Minor, roots: tuple[str, ...], prefix: str) -> dict[str, Any]:
    return dict(_published_once(minor, roots, prefix))


@lru_cache(maxsize=64)
def _published_once(minor: Minor, roots: tuple[str, ...], prefix: str) -> dict[str, Any]:
    schemas = schemas_of(minor)
    return {
        name: _definition(name, schemas.raw_definition(name), prefix) for name in schemas.reachable(*roots)
    }


def _definition(name: str, raw: dict[str, Any], prefix: str) -> dict[str, Any]:
    if name == _QUANTITY:
        if prefix == _V2:
            return {"type": "string"}
        return {"oneOf": [{"type": "string"}, {"type": "number"}]}
    if name == _INT_OR_STRING:
        if prefix == _V2:
            return {"type": "string", "format": "int-or-string"}
        return {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}
    plain: dict[str, Any] = _plain(raw, prefix)
    return plain


def _plain(raw: Any, prefix: str) -> Any:
    """A schema without null types, its references pointing into this document."""
    if isinstance(raw, list):
        return [_plain(value, prefix) for value in raw]
    if not isinstance(raw, dict):
        return raw
    reference = raw.get("$ref")
    if isinstance(reference, str):
        target = {"$ref": prefix + reference.rsplit("/", 1)[-1]}
        rest = {key: value for key, value in raw.items() if key != "$ref"}
        if prefix == _V2:
            return {**rest, **target}
        return {**rest, "allOf": [target]} if rest else target
    plain: dict[str, Any] = {}
    for key, value in raw.items():
        if key == "properties":
            plain[key] = {name: _plain(inner, prefix) for name, inner in value.items()}
        elif key == "type" and isinstance(value, list):
            plain[key] = next((one for one in value if one != "null"), "object")
        elif key == "enum" and isinstance(value, list):
            plain[key] = [one for one in value if one is not None]
        else:
            plain[key] = _plain(value, prefix) if not key.startswith("x-") else value
    return plain


def _custom(served: Served, schema: dict[str, Any], prefix: str) -> dict[str, Any]:
    group, version, kind = served.gvk
    name = ".".join((*reversed(group.split(".")), version, kind))
    root = {"type": "object", **schema}
    root["properties"] = {
        **(schema.get("properties") or {}),
        "apiVersion": {"type": "string", "description": "The versioned schema of this object."},
        "kind": {"type": "string", "description": "The REST resource that this object represents."},
        "metadata": {"$ref": prefix + _OBJECT_META},
    }
    gvk = {"group": group, "version": version, "kind": kind}
    root["x-kubernetes-group-version-kind"] = [gvk]
    listed = {
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "items": {"type": "array", "items": {"$ref": prefix + name}},
            "metadata": {"$ref": prefix + _LIST_META},
        },
        "x-kubernetes-group-version-kind": [{**gvk, "kind": f"{kind}List"}],
    }
    return {name: root, f"{name}List": listed}


# paths
_ACTIONS = {"get": "get", "put": "update", "patch": "patch", "delete": "delete"}
_COLLECTION = {"get": "list", "post": "create", "delete": "deletecollection"}
_WRITING = ("dryRun", "fieldManager", "fieldValidation")


def _paths(served: Iterable[Served], shaped: Callable[[str, list[str]], dict[str, Any]]) -> dict[str, Any]:
    """Every resource's paths with the parameters that clients look for (kubectl: fieldValidation)."""
    paths: dict[str, Any] = {}
    for one in served:
        where = one.gvr.path + ("/namespaces/{namespace}" if one.namespaced else "")
        where += f"/{one.gvr.resource}"
        group, version, kind = one.gvk
        gvk = {"group": group, "version": version, "kind": kind}
        for path, actions in ((where, _COLLECTION), (where + "/{name}", _ACTIONS)):
            operations = {}
            for method, action in actions.items():
                verb = {"get": "get", "list": "list"}.get(action, action)
                if verb not in one.verbs:
                    continue
                writing = action not in ("get", "list")
                operations[method] = {
                    "operationId": f"{action}{one.gvr.group.title().replace('.', '')}{version.title()}{kind}",
                    "x-kubernetes-action": action,
                    "x-kubernetes-group-version-kind": gvk,
                    **shaped(
                        action, list(_WRITING) + (["force"] if action == "patch" else []) if writing else []
                    ),
                }
            if operations:
                paths[path] = operations
    return paths


def _body_v3(action: str, parameters: list[str]) -> dict[str, Any]:
    return {
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
            for name in parameters
        ],
        "responses": {"200": {"description": "OK"}},
    }


def _body_v2(action: str, parameters: list[str]) -> dict[str, Any]:
    return {
        "parameters": [
            {"name": name, "in": "query", "type": "string", "uniqueItems": True} for name in parameters
        ],
        "responses": {"200": {"description": "OK"}},
    }
