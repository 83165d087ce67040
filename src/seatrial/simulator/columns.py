"""What a column of `kubectl get` is, and the small texts that cells are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seatrial.cluster.objects import Obj

Value = Callable[[Obj, datetime], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """`priority` above 0 shows only with `-o wide`."""

    name: str
    value: Value
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""

    def definition(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description or self.name,
            "priority": self.priority,
        }


def age(obj: Obj, now: datetime) -> str:
    return duration_since(obj["metadata"].get("creationTimestamp"), now)


def duration_since(stamp: str | None, now: datetime) -> str:
    """As kubectl writes an age: 45s, 3m10s, 12m, 5h20m, 4d3h, 200d, 3y12d."""
    if not stamp:
        return "<unknown>"
    return short_duration((now - datetime.fromisoformat(stamp.replace("Z", "+00:00"))).total_seconds())


def short_duration(seconds: float) -> str:
    total = max(0, int(seconds))
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 120:
        return f"{total}s"
    if minutes < 10:
        return _two(minutes, "m", total % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _two(days // 365, "y", days % 365, "d")


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"


def at(path: str, absent: Any = "<none>") -> Value:
    steps = path.split(".")

    def value(obj: Obj, now: datetime) -> Any:
        found: Any = obj
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        return absent if found is None or found == "" else found

    return value


def text(path: str, name: str, *, absent: Any = "<none>", wide: bool = False) -> Column:
    return Column(name, at(path, absent), priority=int(wide))


def number(path: str, name: str, *, absent: int = 0, wide: bool = False) -> Column:
    return Column(name, at(path, absent), type="integer", priority=int(wide))


def made(name: str, value: Callable[[Obj], Any], *, wide: bool = False, type: str = "string") -> Column:
    return Column(name, lambda obj, now: value(obj), priority=int(wide), type=type)


NAME = Column("Name", at("metadata.name"), format="name")
AGE = Column("Age", age)


def listed(items: Any) -> str:
    return ",".join(str(item) for item in items) or "<none>"


def selector_text(selector: Any) -> str:
    if not isinstance(selector, dict):
        return "<none>"
    labels = selector.get("matchLabels") if "matchLabels" in selector else selector
    pairs = [f"{name}={value}" for name, value in sorted((labels or {}).items()) if isinstance(value, str)]
    for one in selector.get("matchExpressions") or ():
        pairs.append(f"{one['key']} {one['operator'].lower()} ({','.join(one.get('values') or ())})")
    return ",".join(pairs) or "<none>"


def _containers(spec: Obj, field: str) -> str:
    return listed(container.get(field) for container in spec.get("containers") or ())


def template_of(obj: Obj) -> Obj:
    spec: Obj = ((obj.get("spec") or {}).get("template") or {}).get("spec") or {}
    return spec


WORKLOAD_WIDE = (
    made("Containers", lambda o: _containers(template_of(o), "name"), wide=True),
    made("Images", lambda o: _containers(template_of(o), "image"), wide=True),
    made("Selector", lambda o: selector_text((o.get("spec") or {}).get("selector")), wide=True),
)


def ready_replicas(obj: Obj) -> str:
    ready = (obj.get("status") or {}).get("readyReplicas", 0)
    return f"{ready}/{(obj.get('spec') or {}).get('replicas', 0)}"
