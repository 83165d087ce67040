"""The Swagger 2 document at /openapi/v2, as thin as clients older than OpenAPI v3 accept it.

In JSON only. A client that insists on the protobuf form has to be answered with 406.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seatrial.cluster.version import Minor
from seatrial.schemas.document_v3 import Document, ServedKind, mark
from seatrial.schemas.published import LIST_META, OBJECT_META, schemas_for


def openapi_v2(minor: Minor, kinds: Iterable[ServedKind]) -> Document:
    """One document for everything that is served. Keep it: it is large."""
    served = tuple(kinds)
    schemas = schemas_for(minor)
    names = {one.gvk: None if one.custom else schemas.definition_name(one.gvk) for one in served}
    roots = (OBJECT_META, LIST_META, *(name for name in names.values() if name))
    definitions = {name: _as_v2(name, schemas.raw_definition(name)) for name in schemas.reachable(*roots)}
    paths: dict[str, Any] = {}
    for one in served:
        name = names[one.gvk]
        if name is None:
            name = one.definition
            definitions[name] = _custom(one)
        paths.update(_path(one, name))
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": f"v{minor}.0"},
        "paths": paths,
        "definitions": definitions,
    }


def _as_v2(name: str, raw: dict[str, Any]) -> Any:
    if "oneOf" in raw:
        format_ = {"format": "int-or-string"} if name.endswith("IntOrString") else {}
        return {"description": raw.get("description", ""), "type": "string", **format_}
    return _schema(raw)


def _schema(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    schema: dict[str, Any] = {}
    for key, value in raw.items():
        match key:
            case "$ref" if isinstance(value, str):
                schema[key] = f"#/definitions/{value.rsplit('/', 1)[-1]}"
            case "type" if isinstance(value, list):
                schema[key] = next(name for name in value if name != "null")
            case "enum":
                continue
            case "properties":
                schema[key] = {name: _schema(each) for name, each in value.items()}
            case "items" | "additionalProperties":
                schema[key] = _schema(value)
            case _:
                schema[key] = value
    return schema


def _custom(one: ServedKind) -> dict[str, Any]:
    """Swagger 2 cannot say what a structural schema says; clients only need the kind here."""
    return {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"$ref": f"#/definitions/{OBJECT_META}"},
        },
        "x-kubernetes-group-version-kind": [mark(one.gvk)],
    }


def _path(one: ServedKind, definition: str) -> dict[str, Any]:
    gvk = one.gvk
    base = f"/apis/{gvk.group}/{gvk.version}" if gvk.group else f"/api/{gvk.version}"
    scope = "/namespaces/{namespace}" if one.namespaced else ""
    ref = {"$ref": f"#/definitions/{definition}"}
    names = ("name", *(("namespace",) if one.namespaced else ()))
    query = [
        {"name": name, "in": "query", "type": "string", "uniqueItems": True}
        for name in ("dryRun", "fieldManager", "fieldValidation")
    ]
    patch = {
        "consumes": ["application/json-patch+json", "application/merge-patch+json"],
        "produces": ["application/json"],
        "parameters": [
            {"name": "body", "in": "body", "required": True, "schema": {"type": "object"}},
            *query,
        ],
        "responses": {"200": {"description": "OK", "schema": ref}},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": mark(gvk),
    }
    parameters = [{"name": name, "in": "path", "required": True, "type": "string"} for name in names]
    return {f"{base}{scope}/{one.resource}/{{name}}": {"patch": patch, "parameters": parameters}}
