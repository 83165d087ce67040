"""Turns objects into the Table that `kubectl get` asks for; the cells of each kind are in `printers`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.columns import Column, age
from seatrial.simulator.definitions import CustomVersion
from seatrial.simulator.jsonpath import cell_of
from seatrial.simulator.printers import printer_of
from seatrial.simulator.surface import Served


def table(
    served: Served,
    objects: Iterable[Obj],
    *,
    custom: CustomVersion | None,
    include: str,
    now: datetime,
    revision: str,
    headers: bool = True,
    meta: dict[str, Any] | None = None,
) -> Obj:
    """`include` is the query parameter includeObject: Metadata (the default), Object or None."""
    columns = columns_of(served, custom)
    rows = [
        {"cells": [_cell(column, obj, now) for column in columns], **_object(obj, include)} for obj in objects
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": revision, **(meta or {})},
        "columnDefinitions": [column.definition() for column in columns] if headers else [],
        "rows": rows,
    }


def columns_of(served: Served, custom: CustomVersion | None) -> tuple[Column, ...]:
    if custom is None:
        return printer_of(served.key)
    name = Column("Name", lambda obj, now: obj["metadata"]["name"], format="name")
    if not custom.columns:
        return (name, Column("Age", age))
    return (name, *(_custom_column(one) for one in custom.columns))


def partial(obj: Obj) -> Obj:
    """Metadata alone."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj.get("metadata") or {},
    }


def _cell(column: Column, obj: Obj, now: datetime) -> Any:
    try:
        return column.value(obj, now)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return "<unknown>"  # an odd object must not hide the others


def _object(obj: Obj, include: str) -> Obj:
    match include:
        case "None":
            return {}
        case "Object":
            return {"object": obj}
        case _:
            return {"object": partial(obj)}


def _custom_column(column: dict[str, Any]) -> Column:
    path, kind = column["jsonPath"], column.get("type", "string")

    def value(obj: Obj, now: datetime) -> Any:
        return cell_of(obj, path, kind, now)

    return Column(
        column["name"],
        value,
        type=kind,
        format=column.get("format", ""),
        priority=column.get("priority", 0),
        description=column.get("description", ""),
    )
