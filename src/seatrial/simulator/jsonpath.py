"""The little JSONPath that additionalPrinterColumns use: fields, indexes, `[*]` and equality filters."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from seatrial.simulator.columns import duration_since

_STEP = re.compile(
    r"\.(?P<name>(?:\\.|[^.\[\\])+)"
    r"|\[(?P<index>-?\d+)\]|\[(?P<every>\*)\]|\['(?P<quoted>[^']*)'\]"
    r"|\[\?\(\s*@\.(?P<field>[\w.]+)\s*==\s*[\"'](?P<equals>[^\"']*)[\"']\s*\)\]"
)


def find(obj: Any, path: str) -> list[Any]:
    """Everything the path selects; nothing for a path that we do not read."""
    found = [obj]
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return []
        at = step.end()
        found = [value for one in found for value in _take(one, step)]
    return found


def _take(value: Any, step: re.Match[str]) -> list[Any]:
    name = step["quoted"] if step["quoted"] is not None else step["name"]
    if name is not None:
        name = re.sub(r"\\(.)", r"\1", name)
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return list(value.values()) if step["every"] and isinstance(value, dict) else []
    if step["every"]:
        return value
    if step["index"] is not None:
        index = int(step["index"])
        return [value[index]] if -len(value) <= index < len(value) else []
    return [one for one in value if isinstance(one, dict) and one.get(step["field"]) == step["equals"]]


def cell_of(obj: Any, path: str, kind: str, now: datetime) -> Any:
    """What a printer column of that type shows."""
    found = find(obj, path)
    if not found or found[0] is None:
        return None
    value = found[0] if len(found) == 1 else ",".join(str(one) for one in found)
    match kind:
        case "integer" if isinstance(value, int | float):
            return int(value)
        case "date":
            return duration_since(str(value), now)
        case "boolean" | "number":
            return value
        case _:
            return value if isinstance(value, str) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
