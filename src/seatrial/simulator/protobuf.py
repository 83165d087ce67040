"""Decodes the few protobuf bodies that real clients send: kubectl since 1.32, and Helm's release Secrets.

The messages and their field numbers are those of the `generated.proto` files in k8s.io/api and
k8s.io/apimachinery; only the kinds listed here are read, anything else is refused with 415.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.simulator.status import ApiError, bad_request

MAGIC = b"k8s\x00"


def read(body: bytes) -> Obj:
    """The object in a protobuf body (magic, then `runtime.Unknown`) as its JSON would be."""
    if body[:4] != MAGIC:
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix k8s\\0")
    try:
        envelope = _message(body[4:], _UNKNOWN)
        head = envelope.get("typeMeta", {})
        kind, api_version = head.get("kind", ""), head.get("apiVersion", "")
        fields = _KINDS.get(kind)
        if fields is None:
            raise ApiError(415, f"the simulator does not read {api_version} {kind} in protobuf: send JSON")
        decoded = _message(envelope.get("raw", b""), fields)
    except (IndexError, ValueError, UnicodeDecodeError) as error:
        raise bad_request(f"broken protobuf message: {error}") from error
    return {"apiVersion": api_version, "kind": kind, **decoded}


Type = Literal["str", "int", "bool", "bytes", "raw", "time", "json", "map", "bytesmap"] | dict[int, "Field"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its JSON name, its type (a nested message is its own table), whether it repeats."""

    name: str
    type: Type = "str"
    many: bool = False


def _message(data: bytes, fields: dict[int, Field]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, value in _pairs(data):
        field = fields.get(number)
        if field is None:
            continue
        if field.type in ("map", "bytesmap"):
            inner = _message(value, _MAP_ENTRY)
            content = inner.get("value", b"")
            text = content.decode() if field.type == "map" else base64.b64encode(content).decode()
            found.setdefault(field.name, {})[inner.get("key", "")] = text
        elif field.many:
            found.setdefault(field.name, []).append(_value(value, field))
        else:
            decoded = _value(value, field)
            if decoded not in ("", None):  # Go writes empty strings of its structs, too
                found[field.name] = decoded
    return found


def _value(value: Any, field: Field) -> Any:
    match field.type:
        case dict() as nested:
            return _message(value, nested)
        case "str":
            return value.decode()
        case "int":
            return value - (1 << 64) if value >= 1 << 63 else value
        case "bool":
            return bool(value)
        case "raw":
            return value
        case "bytes":
            return base64.b64encode(value).decode()
        case "json":
            return msgspec.json.decode(_message(value, {1: Field("raw", "raw")}).get("raw", b"{}"))
        case "time":
            parts = _message(value, {1: Field("seconds", "int"), 2: Field("nanos", "int")})
            seconds = parts.get("seconds", 0)
            moment = datetime.fromtimestamp(seconds, UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if seconds > 0 else None
    raise ValueError(f"field {field.name} has no type")


def _pairs(data: bytes) -> Iterator[tuple[int, Any]]:
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        elif wire == 2:
            length, at = _varint(data, at)
            if at + length > end:
                raise ValueError("a field reaches past the end")
            yield number, data[at : at + length]
            at += length
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    shift = value = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(**named: tuple[int, Type] | tuple[int, Type, bool] | int) -> dict[int, Field]:
    table = {}
    for name, spec in named.items():
        number, *rest = (spec,) if isinstance(spec, int) else spec
        table[number] = Field(name, *rest)  # type: ignore[arg-type]
    return table


_MAP_ENTRY = {1: Field("key"), 2: Field("value", "raw")}
_UNKNOWN = {1: Field("typeMeta", {1: Field("apiVersion"), 2: Field("kind")}), 2: Field("raw", "raw")}

_OWNER = _fields(kind=1, name=3, uid=4, apiVersion=5, controller=(6, "bool"), blockOwnerDeletion=(7, "bool"))
_MANAGED = _fields(
    manager=1,
    operation=2,
    apiVersion=3,
    time=(4, "time"),
    fieldsType=6,
    fieldsV1=(7, "json"),
    subresource=8,
)
_META = _fields(
    name=1,
    generateName=2,
    namespace=3,
    uid=5,
    resourceVersion=6,
    generation=(7, "int"),
    creationTimestamp=(8, "time"),
    deletionTimestamp=(9, "time"),
    deletionGracePeriodSeconds=(10, "int"),
    labels=(11, "map"),
    annotations=(12, "map"),
    ownerReferences=(13, _OWNER, True),
    finalizers=(14, "str", True),
    managedFields=(17, _MANAGED, True),
)
_DELETE_OPTIONS = _fields(
    gracePeriodSeconds=(1, "int"),
    preconditions=(2, _fields(uid=1, resourceVersion=2)),
    orphanDependents=(3, "bool"),
    propagationPolicy=4,
    dryRun=(5, "str", True),
)
_RESOURCE = _fields(namespace=1, verb=2, group=3, version=4, resource=5, subresource=6, name=7)
_NON_RESOURCE = _fields(path=1, verb=2)
_ASKED = _fields(resourceAttributes=(1, _RESOURCE), nonResourceAttributes=(2, _NON_RESOURCE))
_ASKED_FOR = {**_ASKED, **_fields(user=3, groups=(4, "str", True), uid=6)}
_TOKEN_REQUEST = _fields(
    audiences=(1, "str", True),
    boundObjectRef=(3, _fields(kind=1, apiVersion=2, name=3, uid=4)),
    expirationSeconds=(4, "int"),
)
_LEASE = _fields(
    holderIdentity=1,
    leaseDurationSeconds=(2, "int"),
    acquireTime=(3, "time"),
    renewTime=(4, "time"),
    leaseTransitions=(5, "int"),
)


def _with_spec(spec: dict[int, Field]) -> dict[int, Field]:
    return _fields(metadata=(1, _META), spec=(2, spec))


_KINDS: dict[str, dict[int, Field]] = {
    "Eviction": _fields(metadata=(1, _META), deleteOptions=(2, _DELETE_OPTIONS)),
    "DeleteOptions": _DELETE_OPTIONS,
    "Secret": _fields(
        metadata=(1, _META), data=(2, "bytesmap"), type=3, stringData=(4, "map"), immutable=(5, "bool")
    ),
    "ConfigMap": _fields(
        metadata=(1, _META), data=(2, "map"), binaryData=(3, "bytesmap"), immutable=(4, "bool")
    ),
    "Namespace": _fields(metadata=(1, _META), spec=(2, _fields(finalizers=(1, "str", True)))),
    "ServiceAccount": _fields(metadata=(1, _META), automountServiceAccountToken=(4, "bool")),
    "Lease": _with_spec(_LEASE),
    "SelfSubjectAccessReview": _with_spec(_ASKED),
    "SubjectAccessReview": _with_spec(_ASKED_FOR),
    "LocalSubjectAccessReview": _with_spec(_ASKED_FOR),
    "SelfSubjectRulesReview": _with_spec(_fields(namespace=1)),
    "SelfSubjectReview": _fields(metadata=(1, _META)),
    "TokenRequest": _with_spec(_TOKEN_REQUEST),
    "TokenReview": _with_spec(_fields(token=1, audiences=(2, "str", True))),
}
