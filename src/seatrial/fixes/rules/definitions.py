"""CustomResourceDefinition to v1: what concerns a version stands with that version; a schema is required.

Source: the Kubernetes deprecation guide for 1.22; "Specifying a structural schema" in its documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part, parts, put_after, rename

_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_APPROVED = "api-approved.kubernetes.io"


def custom_resource_definition(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    group = str(spec.get("group") or "")
    if group.endswith((".k8s.io", ".kubernetes.io")) and _APPROVED not in part(
        obj, "metadata", "annotations"
    ):
        raise ByHand(f"v1 wants the annotation {_APPROVED} on definitions of {group}")
    if "scope" not in spec:
        put_after(spec, "names", "scope", "Namespaced")
        notes("spec.scope is required: Namespaced was the default.")
    _versions(spec)
    preserves = spec.get("preserveUnknownFields", True) is not False
    _into_versions(spec)
    for version in parts(spec, "versions"):
        _schema(version, notes, preserves=preserves)
    if spec.get("preserveUnknownFields") is not False:
        spec.pop("preserveUnknownFields", None)
    _conversion(spec)


def _versions(spec: Obj) -> None:
    if spec.get("versions"):
        spec.pop("version", None)
        return
    if not spec.get("version"):
        raise ByHand("spec.versions is required")
    only: list[Obj] = [{"name": spec["version"], "served": True, "storage": True}]
    spec.pop("versions", None)
    items = list(spec.items())
    spec.clear()
    for key, value in items:
        spec["versions" if key == "version" else key] = only if key == "version" else value


def _into_versions(spec: Obj) -> None:
    """What was said once for all versions is said with each."""
    validation = spec.pop("validation", None)
    shared = {"subresources": spec.pop("subresources", None)}
    columns = spec.pop("additionalPrinterColumns", None)
    for column in columns or ():
        _column(column)
    shared["additionalPrinterColumns"] = columns
    for version in parts(spec, "versions"):
        for column in parts(version, "additionalPrinterColumns"):
            _column(column)
        if validation is not None and "schema" not in version:
            version["schema"] = validation
        for key, value in shared.items():
            if value is not None and key not in version:
                version[key] = value


def _column(column: Any) -> None:
    if isinstance(column, dict) and "JSONPath" in column:
        rename(column, "JSONPath", "jsonPath")


def _schema(version: Obj, notes: Notes, *, preserves: bool) -> None:
    schema = part(version, "schema", "openAPIV3Schema")
    if not schema:
        version["schema"] = {"openAPIV3Schema": {"type": "object", _PRESERVE: True}}
        notes(f"v1 requires a schema: one that accepts anything is written ({_PRESERVE}).")
        return
    if "type" not in schema:
        schema["type"] = "object"
    if preserves and _PRESERVE not in schema:
        schema[_PRESERVE] = True
        notes(
            "preserveUnknownFields was true, which v1 has no word for: unknown fields are kept at the top of"
            f" the object by {_PRESERVE}; inside declared objects they will be dropped."
        )
    untyped = next(_without_type(schema, "openAPIV3Schema"), "")
    if untyped:
        raise ByHand(f"v1 requires a structural schema, and {untyped} has no type")


def _without_type(schema: Obj, path: str) -> Iterator[str]:
    free = schema.get(_PRESERVE) or schema.get("x-kubernetes-int-or-string")
    if "type" not in schema and not free:
        yield path
    for name, inner in part(schema, "properties").items():
        if isinstance(inner, dict):
            yield from _without_type(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _without_type(schema[key], f"{path}.{key}")


def _conversion(spec: Obj) -> None:
    conversion = part(spec, "conversion")
    if conversion.get("strategy") != "Webhook" or "webhook" in conversion:
        if conversion.get("strategy") == "None":
            conversion.pop("conversionReviewVersions", None)
        return
    client = conversion.pop("webhookClientConfig", None)
    if client is None:
        raise ByHand("spec.conversion names no webhook")
    versions = conversion.pop("conversionReviewVersions", None) or ["v1beta1"]
    conversion["webhook"] = {"clientConfig": client, "conversionReviewVersions": versions}
