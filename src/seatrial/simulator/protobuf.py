"""Decodes protobuf bodies: kubectl since 1.32 and Helm send them for the kinds that their Go types know.

Which field has which number is in `data/protobuf-messages.txt` (made by tools/make_protobuf_table.py):
one message a line, as `apps.v1.Deployment 1:metadata:meta.v1.ObjectMeta …`; `*` marks a list, `%` a map.
Kinds without a table, such as resource.k8s.io's, are refused with 415. Replies are always JSON.
"""

from __future__ import annotations

import base64
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.simulator.status import ApiError, bad_request

MAGIC = b"k8s\x00"


def read(body: bytes) -> Obj:
    """The object in a protobuf body (magic, then `runtime.Unknown`) as its JSON would be."""
    if body[:4] != MAGIC:
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix k8s\\0")
    try:
        envelope = _message(body[4:], "runtime.Unknown")
        head = envelope.get("typeMeta", {})
        kind, api_version = head.get("kind", ""), head.get("apiVersion", "")
        message = _message_of(api_version, kind)
        if message not in _messages():
            raise ApiError(415, f"the simulator does not read {api_version} {kind} in protobuf: send JSON")
        decoded = _message(base64.b64decode(envelope.get("raw", "")), message)
    except _BROKEN as error:
        raise bad_request("broken protobuf message") from error
    return {"apiVersion": api_version, "kind": kind, **decoded}


def _message_of(api_version: str, kind: str) -> str:
    if kind in ("DeleteOptions", "Status"):
        return f"meta.v1.{kind}"
    group, _, version = api_version.rpartition("/")
    package = _PACKAGES.get(group, group.removesuffix(".k8s.io").removesuffix(".authorization"))
    return f"{package}.{version}.{kind}"


# Whatever reading a number where a text should be, or past the end, can raise.
_BROKEN = (IndexError, ValueError, TypeError, AttributeError, OverflowError, msgspec.DecodeError)
_PACKAGES = {"": "core", "events.k8s.io": "events"}


class _Field(NamedTuple):
    name: str
    type: str
    mark: str


@lru_cache(maxsize=1)
def _messages() -> dict[str, dict[int, _Field]]:
    raw = pkgutil.get_data("seatrial.simulator", "data/protobuf-messages.txt") or b""
    found = {}
    for line in raw.decode().splitlines()[1:]:
        message, *fields = line.split(" ")
        table = {}
        for field in fields:
            number, name, kind = field.split(":")
            table[int(number)] = _Field(name, kind.rstrip("*%"), kind[-1] if kind[-1] in "*%" else "")
        found[message] = table
    return found


def _message(data: bytes, message: str) -> dict[str, Any]:
    fields = _messages()[message]
    found: dict[str, Any] = {}
    for number, value in _pairs(data):
        field = fields.get(number)
        if field is None:
            continue
        name, kind, mark = field
        if mark == "%":
            entry = dict(_pairs(value))
            content = _value(entry.get(2, b""), kind)
            found.setdefault(name, {})[entry.get(1, b"").decode()] = content
        elif mark:
            found.setdefault(name, []).append(_value(value, kind))
        elif (message, name) in _INLINE:
            found |= _message(value, kind)
        else:
            content = _value(value, kind)
            if content in ("", None) or (content == 0 and name in _NOTHING_WHEN_ZERO):
                continue
            found[name] = content
    return found


def _value(value: Any, kind: str) -> Any:
    match kind:
        case "string":
            return value.decode()
        case "int":
            return value - (1 << 64) if value >= 1 << 63 else value
        case "bool":
            return bool(value)
        case "bytes":
            return base64.b64encode(value).decode()
        case "api.resource.Quantity":
            return dict(_pairs(value)).get(1, b"").decode()
        case "util.intstr.IntOrString":
            parts = dict(_pairs(value))
            return parts.get(3, b"").decode() if parts.get(1) else _value(parts.get(2, 0), "int")
        case "meta.v1.Time" | "meta.v1.MicroTime":
            return _moment(dict(_pairs(value)), micro=kind.endswith("MicroTime"))
        case "meta.v1.FieldsV1" | "runtime.RawExtension":
            return msgspec.json.decode(dict(_pairs(value)).get(1) or b"null")
        case _:
            return _message(value, kind)


def _moment(parts: dict[int, Any], *, micro: bool) -> str | None:
    seconds = _value(parts.get(1, 0), "int")
    if seconds <= 0:  # Go's zero time
        return None
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=parts.get(2, 0) // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


# Go structs that JSON writes inline, so that their fields belong to the parent.
_INLINE = frozenset(
    {
        ("core.v1.Volume", "volumeSource"),
        ("core.v1.PersistentVolumeSpec", "persistentVolumeSource"),
        ("core.v1.Probe", "handler"),
        ("core.v1.EphemeralContainer", "ephemeralContainerCommon"),
        ("core.v1.ConfigMapEnvSource", "localObjectReference"),
        ("core.v1.SecretEnvSource", "localObjectReference"),
        ("core.v1.ConfigMapKeySelector", "localObjectReference"),
        ("core.v1.SecretKeySelector", "localObjectReference"),
        ("core.v1.ConfigMapProjection", "localObjectReference"),
        ("core.v1.SecretProjection", "localObjectReference"),
        ("core.v1.ConfigMapVolumeSource", "localObjectReference"),
        ("networking.v1.IngressRule", "ingressRuleValue"),
        ("admissionregistration.v1.RuleWithOperations", "rule"),
        ("admissionregistration.v1.NamedRuleWithOperations", "ruleWithOperations"),
    }
)
# Plain Go ints, which protobuf always writes and JSON omits when they are zero.
_NOTHING_WHEN_ZERO = frozenset(
    {
        "generation",
        "hostPort",
        "nodePort",
        "healthCheckNodePort",
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
        "targetPort",
    }
)


def _pairs(data: bytes) -> Iterator[tuple[int, Any]]:
    """Field numbers with their raw values: an int, or the bytes of anything longer."""
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
        if shift > 63:
            raise ValueError("a number is too long")
