"""Fields that a schema does not declare: named for `fieldValidation`, and dropped as the API server does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.schemas.copying import clone
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.node import Node


def unknown_fields(obj: Obj, schema: KindSchema) -> tuple[str, ...]:
    """The paths that the schema does not declare, as the API server writes them, sorted."""
    return tuple(sorted(_unknown(obj, schema.root, "")))


def drop_unknown(obj: Obj, schema: KindSchema) -> Obj:
    """A copy without undeclared fields: decoding for built-in kinds, pruning for custom resources."""
    dropped: Obj = clone(obj)
    _drop(dropped, schema.root)
    return dropped


def strict_decoding_error(unknown: Iterable[str], duplicates: Iterable[str] = ()) -> str:
    """The message of `fieldValidation=Strict`, as clients know it."""
    return "strict decoding error: " + ", ".join(field_warnings(unknown, duplicates))


def field_warnings(unknown: Iterable[str], duplicates: Iterable[str] = ()) -> tuple[str, ...]:
    """One text per field, as `fieldValidation=Warn` sends them."""
    return (
        *(f'duplicate field "{path}"' for path in duplicates),
        *(f'unknown field "{path}"' for path in unknown),
    )


def _unknown(value: Any, node: Node, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            child = node.child(key)
            if child is None:
                yield here
            elif isinstance(inner, dict | list):
                yield from _unknown(inner, child, here)
    elif isinstance(value, list):
        item = node.item
        if item is not None:
            for index, inner in enumerate(value):
                if isinstance(inner, dict | list):
                    yield from _unknown(inner, item, f"{path}[{index}]")


def _drop(value: Any, node: Node) -> None:
    if isinstance(value, dict):
        for key in tuple(value):
            child = node.child(key)
            if child is None:
                del value[key]
            elif isinstance(value[key], dict | list):
                _drop(value[key], child)
    elif isinstance(value, list):
        item = node.item
        if item is not None:
            for inner in value:
                if isinstance(inner, dict | list):
                    _drop(inner, item)
