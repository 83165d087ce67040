"""The parts that every object has, checked before anything reads them: apiVersion, kind and metadata."""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.simulator.status import bad_request


class _Owner(msgspec.Struct):
    uid: str
    name: str
    kind: str
    apiVersion: str  # noqa: N815 - the field's own name


class _Metadata(msgspec.Struct, rename="camel"):
    name: str | None = None
    namespace: str | None = None
    generate_name: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None
    generation: int | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: list[str] | None = None
    owner_references: list[_Owner] | None = None
    managed_fields: list[dict[str, Any]] | None = None


class _Head(msgspec.Struct, rename="camel"):
    api_version: str | None = None
    kind: str | None = None
    metadata: _Metadata | None = None


def check_head(obj: Any) -> None:
    """400 for an object whose head is not of the right types; nulls in metadata are dropped in place."""
    if not isinstance(obj, dict):
        raise bad_request("the object provided is unrecognized (must be of type Object)")
    try:
        msgspec.convert(obj, _Head)
    except msgspec.ValidationError as error:
        raise bad_request(f"the object cannot be decoded: {error}") from error
    meta = obj.get("metadata")
    if meta is None:
        obj["metadata"] = {}
        return
    for name in [name for name, value in meta.items() if value is None]:
        del meta[name]
