"""The API server's rules for labels and its limits of size, which charts do run into."""

from __future__ import annotations

import re

from seatrial.cluster.objects import Obj
from seatrial.simulator.store import ResourceKey

Cause = tuple[str, str, str]

_ANNOTATIONS = 256 * 1024  # bytes, keys and values together
_DATA = 1024 * 1024  # bytes of a Secret's or a ConfigMap's data
_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_NAME_HELP = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    " character"
)


def broken_limits(key: ResourceKey, obj: Obj) -> list[Cause]:
    """What is too long or not well-formed in any object."""
    meta = obj["metadata"]
    causes = []
    for name, value in (meta.get("labels") or {}).items():
        causes += _label("metadata.labels", name, value)
    annotations = meta.get("annotations") or {}
    if sum(len(name.encode()) + len(value.encode()) for name, value in annotations.items()) > _ANNOTATIONS:
        causes.append(_too_long("metadata.annotations", _ANNOTATIONS))
    if key.group == "" and key.resource in ("secrets", "configmaps"):
        size = sum(len(value) for value in (obj.get("data") or {}).values())
        if key.resource == "secrets":
            size = size * 3 // 4  # base64
        if size > _DATA:
            causes.append(_too_long("data", _DATA))
    return causes


def _label(field: str, name: str, value: str) -> list[Cause]:
    causes = []
    _, _, last = name.rpartition("/")
    if len(last) > 63 or not _NAME.fullmatch(last):
        message = f'Invalid value: "{name}": name part {_NAME_HELP}'
        causes.append(("FieldValueInvalid", field, message))
    if len(value) > 63:
        message = f'Invalid value: "{value}": must be no more than 63 bytes'
        causes.append(("FieldValueInvalid", field, message))
    elif value and not _NAME.fullmatch(value):
        message = (
            f'Invalid value: "{value}": a valid label must be an empty string or consist of alphanumeric'
            " characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        )
        causes.append(("FieldValueInvalid", field, message))
    return causes


def _too_long(field: str, limit: int) -> Cause:
    return ("FieldValueTooLong", field, f"Too long: may not be more than {limit} bytes")
