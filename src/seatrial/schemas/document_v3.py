"""OpenAPI v3 documents as an API server publishes them, one per group and version.

kubectl reads them for `explain`, to learn whether a server checks unknown fields and dry-runs
itself, and how `apply` may patch a kind. The published schemas carry no paths, so paths are made
from what the caller serves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.version import Minor
from seatrial.schemas.published import LIST_META, OBJECT_META, schemas_for

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ServedKind:
    """A kind that a server serves at a path; `crd_schema` is a custom kind's openAPIV3Schema."""

    gvk: GroupVersionKind
    resource: str
    namespaced: bool
    subresources: tuple[str, ...] = ()
    custom: bool = False
    crd_schema: Mapping[str, Any] | None = None

    @property
    def definition(self) -> str:
        """The name of a custom kind's definition, as the API server forms it."""
        domain = ".".join(reversed(self.gvk.group.split(".")))
        return f"{domain}.{self.gvk.version}.{self.gvk.kind}"


def openapi_v3_index(digests: Mapping[str, str]) -> Document:
    """The document at /openapi/v3; `digests` maps "api/v1", "apis/apps/v1" to a hash of their content."""
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
            for path, digest in sorted(digests.items())
        }
    }


def openapi_v3(minor: Minor, group: str, version: str, kinds: Iterable[ServedKind]) -> Document:
    """The document of one group and version, for the kinds of it that are served. Keep it: it is large."""
    served = [one for one in kinds if (one.gvk.group, one.gvk.version) == (group, version)]
    schemas = schemas_for(minor)
    roots = [OBJECT_META, LIST_META]
    own: dict[str, Any] = {}
    names: dict[GroupVersionKind, str] = {}
    for one in served:
        name = None if one.custom else schemas.definition_name(one.gvk)
        if name is None:
            name = one.definition
            own[name] = _custom(one)
        else:
            roots.append(name)
        names[one.gvk] = name
        listed = schemas.definition_name(one.gvk._replace(kind=f"{one.gvk.kind}List"))
        if listed:
            roots.append(listed)
    components = {name: as_v3(name, schemas.raw_definition(name)) for name in schemas.reachable(*roots)}
    paths: dict[str, Any] = {}
    for one in served:
        paths.update(_paths(one, names[one.gvk]))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": f"v{minor}.0"},
        "paths": paths,
        "components": {"schemas": {**components, **own}},
    }


def as_v3(name: str, raw: Any) -> Any:
    """A published definition in the dialect of OpenAPI 3.0: no null types, references in `allOf`."""
    if name == "io.k8s.apimachinery.pkg.api.resource.Quantity":
        return _kept(raw) | {"oneOf": [{"type": "string"}, {"type": "number"}]}
    if name == "io.k8s.apimachinery.pkg.util.intstr.IntOrString":
        return _kept(raw) | {
            "format": "int-or-string",
            "oneOf": [{"type": "integer"}, {"type": "string"}],
        }
    return _schema(raw)


def _kept(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: raw[key] for key in ("description",) if key in raw}


def _schema(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    schema: dict[str, Any] = {}
    for key, value in raw.items():
        match key:
            case "$ref":
                continue
            case "type" if isinstance(value, list):
                schema["type"] = next(name for name in value if name != "null")
            case "enum":
                continue  # the wheel's own addition to apiVersion and kind
            case "properties":
                schema[key] = {name: _schema(each) for name, each in value.items()}
            case "items" | "additionalProperties":
                schema[key] = _schema(value)
            case _:
                schema[key] = value
    ref = raw.get("$ref")
    if isinstance(ref, str):
        pointer = {"$ref": f"#/components/schemas/{ref.rsplit('/', 1)[-1]}"}
        return {**schema, "allOf": [pointer]} if schema else pointer
    return schema


def _custom(one: ServedKind) -> dict[str, Any]:
    schema = dict(one.crd_schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    schema["properties"] = {
        **(schema.get("properties") or {}),
        "apiVersion": {"type": "string", "description": "The version of this representation of the object."},
        "kind": {"type": "string", "description": "What this object is."},
        "metadata": {
            "description": "Standard object's metadata.",
            "allOf": [{"$ref": f"#/components/schemas/{OBJECT_META}"}],
        },
    }
    schema["x-kubernetes-group-version-kind"] = [mark(one.gvk)]
    return schema


def mark(gvk: GroupVersionKind) -> dict[str, str]:
    return {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}


def _paths(one: ServedKind, definition: str) -> dict[str, Any]:
    gvk = one.gvk
    base = f"/apis/{gvk.group}/{gvk.version}" if gvk.group else f"/api/{gvk.version}"
    prefix = f"{base}/namespaces/{{namespace}}/{one.resource}" if one.namespaced else f"{base}/{one.resource}"
    ref = {"$ref": f"#/components/schemas/{definition}"}
    paths = {
        prefix: {
            "get": _operation(gvk, "list", ref, ("limit", "continue", "watch")),
            "post": _operation(gvk, "post", ref, _WRITING, body=("*/*",)),
            "delete": _operation(gvk, "deletecollection", ref, ("dryRun",)),
            "parameters": _path_parameters(one.namespaced, named=False),
        }
    }
    item = f"{prefix}/{{name}}"
    patches = _CUSTOM_PATCHES if one.custom else _PATCHES
    for suffix in ("", *(f"/{name}" for name in one.subresources if name == "status")):
        paths[item + suffix] = {
            "get": _operation(gvk, "get", ref, ()),
            "put": _operation(gvk, "put", ref, _WRITING, body=("*/*",)),
            "patch": _operation(gvk, "patch", ref, (*_WRITING, "force"), body=patches),
            "parameters": _path_parameters(one.namespaced, named=True),
        }
    paths[item]["delete"] = _operation(gvk, "delete", ref, ("dryRun", "propagationPolicy"))
    return paths


_WRITING = ("dryRun", "fieldManager", "fieldValidation")
_CUSTOM_PATCHES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/apply-patch+yaml",
)
_PATCHES = (*_CUSTOM_PATCHES, "application/strategic-merge-patch+json")


def _operation(
    gvk: GroupVersionKind, action: str, ref: Any, query: tuple[str, ...], *, body: tuple[str, ...] = ()
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": ref}}}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": mark(gvk),
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}} for name in query
        ],
    }
    if body:
        operation["requestBody"] = {"content": {media: {"schema": ref} for media in body}}
    return operation


def _path_parameters(namespaced: bool, *, named: bool) -> list[dict[str, Any]]:
    names = (*(("name",) if named else ()), *(("namespace",) if namespaced else ()))
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "uniqueItems": True}}
        for name in names
    ]
