"""Reads what a client sent as one served version: its type, its unknown fields, its schema's errors."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.schemas.defaults import apply_defaults
from seatrial.schemas.unknown_fields import (
    drop_unknown,
    field_warnings,
    strict_decoding_error,
    unknown_fields,
)
from seatrial.schemas.validation import WRONG_TYPE, validate
from seatrial.simulator.call import Call
from seatrial.simulator.definitions import Definitions
from seatrial.simulator.status import bad_request
from seatrial.simulator.strategy import Cause
from seatrial.simulator.surface import Served


def read_as(definitions: Definitions, served: Served, obj: Obj, call: Call, *, fill: bool = True) -> Obj:
    """The object without what the version does not know, or 400; callers in the process are trusted.

    `fill` adds the defaults of a custom resource's schema.
    """
    gvr, kind = served.gvr, served.kind
    given = obj.get("apiVersion") or gvr.api_version
    if given != gvr.api_version:
        raise bad_request(
            f"the API version in the data ({given}) does not match the expected API version"
            f" ({gvr.api_version})"
        )
    if (obj.get("kind") or kind) != kind:
        raise bad_request(
            f'{obj.get("kind")} in version "{gvr.version}" cannot be handled as a {kind}: no kind'
            f' "{obj.get("kind")}" is registered for version "{gvr.api_version}"'
        )
    obj["apiVersion"], obj["kind"] = gvr.api_version, kind
    if not call.field_validation:
        return obj
    _drop_nulls(obj["metadata"] if served.custom else obj)
    schema = definitions.schema(served)
    if schema is None:
        return obj
    unknown = unknown_fields(obj, schema)
    if unknown:
        if call.field_validation == "Strict":
            raise bad_request(strict_decoding_error(unknown))
        if call.field_validation == "Warn":
            for warning in field_warnings(unknown):
                call.warn(warning)
        obj = drop_unknown(obj, schema)
    if served.custom:
        return apply_defaults(obj, schema) if fill else obj
    for error in validate(obj, schema):
        if error.reason == WRONG_TYPE or "must be of format byte" in error.message:
            raise bad_request(
                f'{kind} in version "{gvr.version}" cannot be handled as a {kind}:'
                f" {error.path}: {error.message}"
            )
    return obj


def check_schema(definitions: Definitions, served: Served, obj: Obj) -> list[Cause]:
    """What the schema of the version finds wrong, as the causes of a 422."""
    schema = definitions.schema(served)
    if schema is None:
        return []
    if not served.custom:
        # Nobody judges a built-in's status: controllers write it.
        obj = {name: value for name, value in obj.items() if name != "status"}
    return [(error.reason, error.path, error.message) for error in validate(obj, schema)]


def _drop_nulls(value: Any) -> None:
    """A null in a built-in kind is the same as nothing."""
    if isinstance(value, dict):
        for name in [name for name, inner in value.items() if inner is None]:
            del value[name]
        for inner in value.values():
            _drop_nulls(inner)
    elif isinstance(value, list):
        value[:] = [inner for inner in value if inner is not None]
        for inner in value:
            _drop_nulls(inner)
