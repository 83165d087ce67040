"""What a structural schema fills in, as the API server does for custom resources before it stores them."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.schemas.copying import clone
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.node import NO_DEFAULT, Node


def apply_defaults(obj: Obj, schema: KindSchema) -> Obj:
    """A copy with the schema's `default:` values; a null where null is not allowed counts as absent."""
    filled: Obj = clone(obj)
    _fill(filled, schema.root)
    return filled


def _fill(value: Any, node: Node) -> None:
    if isinstance(value, dict):
        for name in node.properties:
            child = node.declared(name)
            if child is None or child.default is NO_DEFAULT:
                continue
            if name not in value or (value[name] is None and not child.nullable):
                value[name] = clone(child.default)
        for key, inner in value.items():
            child = node.child(key)
            if child is not None and isinstance(inner, dict | list):
                _fill(inner, child)
    elif isinstance(value, list) and node.item is not None:
        for inner in value:
            _fill(inner, node.item)
