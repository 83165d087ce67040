"""Writes an OpenAPI v2 document as the protobuf message that kubectl 1.28 and older insist on.

Field numbers are those of gnostic's `openapi.v2.Document`; only what kubectl reads is written:
definitions with their types, references, descriptions and extensions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seatrial.simulator.store import encode

_DOCUMENT = {"swagger": 1, "info": 2, "definitions": 9}
_INFO = {"title": 1, "version": 2}
_SCHEMA_TEXT = {"$ref": 1, "format": 2, "title": 3, "description": 4}
_REQUIRED, _ADDITIONAL, _TYPE, _ITEMS, _PROPERTIES, _EXTENSION = 19, 21, 22, 23, 25, 31


def encode_v2(document: dict[str, Any]) -> bytes:
    """The document's bytes."""
    info = b"".join(_text(_INFO[name], document["info"][name]) for name in _INFO)
    definitions = _named_schemas(document["definitions"])
    return (
        _text(_DOCUMENT["swagger"], document["swagger"])
        + _bytes(_DOCUMENT["info"], info)
        + _bytes(_DOCUMENT["definitions"], definitions)
    )


def _named_schemas(schemas: dict[str, Any]) -> bytes:
    return b"".join(
        _bytes(1, _text(1, name) + _bytes(2, _schema(schema))) for name, schema in schemas.items()
    )


def _schema(schema: dict[str, Any]) -> bytes:
    parts = [_text(number, schema[name]) for name, number in _SCHEMA_TEXT.items() if schema.get(name)]
    parts += [_text(_REQUIRED, name) for name in schema.get("required") or ()]
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        parts.append(_bytes(_ADDITIONAL, _bytes(1, _schema(additional))))
    if isinstance(schema.get("type"), str):
        parts.append(_bytes(_TYPE, _text(1, schema["type"])))
    if isinstance(schema.get("items"), dict):
        parts.append(_bytes(_ITEMS, _bytes(1, _schema(schema["items"]))))
    if schema.get("properties"):
        parts.append(_bytes(_PROPERTIES, _named_schemas(schema["properties"])))
    parts += [_extension(name, value) for name, value in schema.items() if name.startswith("x-")]
    return b"".join(parts)


def _extension(name: str, value: Any) -> bytes:
    return _bytes(_EXTENSION, _text(1, name) + _bytes(2, _text(2, encode(value).decode())))


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode())


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    return bytes(_digits(value))


def _digits(value: int) -> Iterable[int]:
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
