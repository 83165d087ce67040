"""Does an object fit its schema? Answers in the API server's own words.

Built-in kinds: types and required fields of the published schema (the API server's hand-written
rules are not in it). Custom resources: everything a structural schema says, but CEL rules
(`x-kubernetes-validations`), which are not evaluated.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.node import ANYTHING, Node
from seatrial.schemas.ownable import element_of

REQUIRED = "FieldValueRequired"
INVALID = "FieldValueInvalid"
WRONG_TYPE = "FieldValueTypeInvalid"
NOT_SUPPORTED = "FieldValueNotSupported"
DUPLICATE = "FieldValueDuplicate"
TOO_LONG = "FieldValueTooLong"
TOO_MANY = "FieldValueTooMany"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong; `reason` is what a Status cause carries."""

    path: str
    message: str
    reason: str = INVALID

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def validate(obj: Obj, schema: KindSchema) -> tuple[FieldError, ...]:
    """What does not fit, sorted by path; unknown fields are `unknown_fields`' business."""
    if schema.validator is None:
        schema.validator = _compiled(schema)
    found: list[FieldError] = []
    if not schema.validator.is_valid(obj):
        found.extend(_said(error, schema.builtin) for error in schema.validator.iter_errors(obj))
    if not schema.builtin:
        found.extend(_duplicates(obj, schema.root, ""))
    return tuple(sorted(dict.fromkeys(found), key=lambda error: (error.path, error.message)))


def spell_place(path: Any) -> str:
    """["spec", "containers", 0, "name"] as `spec.containers[0].name`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _said(error: Any, builtin: bool) -> FieldError:
    place = spell_place(error.instance_path)
    kind, value = error.kind, error.instance
    name = str(getattr(kind, "name", ""))
    detail = kind.as_dict() if hasattr(kind, "as_dict") else {}
    match name:
        case "required":
            missing = str(detail.get("property", ""))
            return FieldError(f"{place}.{missing}" if place else missing, "Required value", REQUIRED)
        case "type":
            if value is None and builtin:
                return FieldError(place, "Required value", REQUIRED)
            wanted = _wanted_types(detail, error)
            given = _type_of(value)
            body = f'{place} in body must be of type {wanted}: "{given}"'
            return FieldError(place, f'Invalid value: "{given}": {body}', WRONG_TYPE)
        case "enum" | "constant":
            options = detail.get("options", [detail.get("expected_value")])
            listed = ", ".join(_literal(option) for option in options if option is not None)
            return FieldError(
                place, f"Unsupported value: {_literal(value)}: supported values: {listed}", NOT_SUPPORTED
            )
        case "format":
            wanted = str(detail.get("format", ""))
            return FieldError(place, f"Invalid value: must be of format {wanted}", INVALID)
        case "maxLength":
            return FieldError(place, f"Too long: may not be more than {detail['limit']} bytes", TOO_LONG)
        case "maxItems":
            limit = detail["limit"]
            return FieldError(place, f"Too many: {len(value)}: must have at most {limit} items", TOO_MANY)
    rule = _RULES.get(name)
    said = rule.format(**detail) if rule else str(error.message).replace(_literal(value), "value")
    return FieldError(place, f"Invalid value: {_shown(value)}: {place} in body {said}", INVALID)


_RULES: Mapping[str, str] = {
    "minimum": "should be greater than or equal to {limit}",
    "maximum": "should be less than or equal to {limit}",
    "exclusiveMinimum": "should be greater than {limit}",
    "exclusiveMaximum": "should be less than {limit}",
    "minLength": "should be at least {limit} chars long",
    "minItems": "should have at least {limit} items",
    "minProperties": "should have at least {limit} properties",
    "maxProperties": "should have at most {limit} properties",
    "pattern": "should match '{pattern}'",
    "multipleOf": "should be a multiple of {multiple_of}",
    "uniqueItems": "shouldn't contain duplicates",
}


def _wanted_types(detail: dict[str, Any], error: Any) -> str:
    types = detail.get("types") or detail.get("type") or ""
    names = [types] if isinstance(types, str) else list(types)
    return " or ".join(name for name in sorted(names) if name != "null")


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _literal(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _shown(value: Any) -> str:
    return f'"{_type_of(value)}"' if isinstance(value, dict | list) else _literal(value)


def _duplicates(value: Any, node: Node, path: str) -> Iterator[FieldError]:
    """Items of sets and list maps that are there twice (JSON Schema cannot say so)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                yield from _duplicates(inner, node.child(key) or ANYTHING, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        seen = set()
        for index, inner in enumerate(value):
            here = f"{path}[{index}]"
            if node.list_type in ("set", "map") and (node.list_type == "set" or isinstance(inner, dict)):
                if node.list_type == "map" and not any(key in inner for key in node.map_keys):
                    continue
                element = element_of(inner, node)
                if element in seen:
                    yield FieldError(here, f"Duplicate value: {element[2:]}", DUPLICATE)
                seen.add(element)
            yield from _duplicates(inner, node.item or ANYTHING, here)


def _compiled(schema: KindSchema) -> Any:
    import jsonschema_rs  # not needed by most commands

    name, definitions = schema.bundle()
    if schema.builtin:
        document: Any = {
            "$ref": f"#/$defs/{name}",
            "$defs": {each: _plain_builtin(each, raw) for each, raw in definitions.items()},
        }
    else:
        document = _plain_structural(definitions)
    try:
        return jsonschema_rs.Draft202012Validator(document, formats=_FORMATS, validate_formats=True)
    except (jsonschema_rs.ValidationError, ValueError):
        # A pattern that only Go's regular expressions accept: check everything but patterns.
        plain = _without_patterns(document)
        return jsonschema_rs.Draft202012Validator(plain, formats=_FORMATS, validate_formats=True)


_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def _plain_builtin(name: str, raw: Any) -> Any:
    """A published definition as plain JSON Schema."""
    if name == _QUANTITY:
        return {"type": ["string", "number", "null"], "pattern": _QUANTITY_PATTERN}
    if name == _INT_OR_STRING:
        return {"type": ["string", "integer", "null"]}
    return _ranged(raw)


_QUANTITY_PATTERN = r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"


def _ranged(raw: Any, *, names: bool = False) -> Any:
    if isinstance(raw, list):
        return [_ranged(value) for value in raw]
    if not isinstance(raw, dict):
        return raw
    plain = {key: _ranged(value, names=key == "properties" and not names) for key, value in raw.items()}
    if not names and isinstance(plain.get("format"), str):
        bounds = _RANGES.get(plain["format"])
        if bounds:
            plain["minimum"], plain["maximum"] = bounds
    return plain


_KEPT = frozenset(
    {"pattern", "enum", "required", "minLength", "maxLength", "minItems", "maxItems", "minProperties"}
    | {"maxProperties", "uniqueItems", "multipleOf", "minimum", "maximum"}
)


def _plain_structural(raw: Any) -> Any:
    """A custom resource's schema as plain JSON Schema (it is a dialect of OpenAPI 3.0)."""
    if not isinstance(raw, dict):
        return raw
    plain: dict[str, Any] = {key: value for key, value in raw.items() if key in _KEPT}
    for bound, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if raw.get(strict) is True and bound in plain:
            plain[strict] = plain.pop(bound)
    for key in ("allOf", "anyOf", "oneOf"):
        if raw.get(key):
            plain[key] = [_plain_structural(each) for each in raw[key]]
    for key in ("not", "items", "additionalProperties"):
        if key in raw:
            plain[key] = _plain_structural(raw[key])
    if plain.get("additionalProperties") is False:
        del plain["additionalProperties"]  # unknown fields are pruned, not refused
    if raw.get("properties"):
        plain["properties"] = {name: _plain_structural(each) for name, each in raw["properties"].items()}
    if raw.get("format") in _FORMATS or raw.get("format") in _SHARED_FORMATS:
        plain["format"] = raw["format"]
    bounds = _RANGES.get(raw.get("format") or "")
    if bounds and "minimum" not in plain and "maximum" not in plain and raw.get("type") == "integer":
        plain["minimum"], plain["maximum"] = bounds
    types = ["integer", "string"] if raw.get("x-kubernetes-int-or-string") else [raw.get("type")]
    if types != [None]:
        plain["type"] = [*types, "null"] if raw.get("nullable") else types
    if raw.get("nullable") and "enum" in plain:
        plain["enum"] = [*plain["enum"], None]
    return plain


def _without_patterns(plain: Any, *, names: bool = False) -> Any:
    if isinstance(plain, list):
        return [_without_patterns(each) for each in plain]
    if not isinstance(plain, dict):
        return plain
    return {
        key: _without_patterns(value, names=key == "properties" and not names)
        for key, value in plain.items()
        if names or key != "pattern"
    }


def _is_base64(text: str) -> bool:
    try:
        b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_duration(text: str) -> bool:
    return bool(_DURATION.fullmatch(text))


def _is_uri(text: str) -> bool:
    return bool(_URI.fullmatch(text))


_DURATION = re.compile(r"[-+]?(0|((\d+\.?\d*|\.\d+)\s*(ns|us|µs|ms|s|m|h|d|w|[a-z]+)\s*)+)")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:\S+|/\S*)")
_FORMATS = {"byte": _is_base64, "duration": _is_duration, "uri": _is_uri}
_SHARED_FORMATS = frozenset(("date", "date-time", "email", "hostname", "ipv4", "ipv6", "uuid"))
