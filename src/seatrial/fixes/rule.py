"""What a rewrite rule is: a function that moves the fields of one object from an old version to a new one.

It changes the object in place and says what a reader must know. Whatever it does not touch stays as it is
written. Where only a person can decide, it raises `ByHand` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from seatrial.cluster.objects import Obj


class ByHand(Exception):
    """A person must do it; the text says why."""


@dataclass(slots=True)
class Notes:
    """What a reader of the diff must know: where the meaning changes, or a default would."""

    texts: list[str] = field(default_factory=list)

    def __call__(self, text: str) -> None:
        if text not in self.texts:
            self.texts.append(text)


Rule = Callable[[Obj, Notes], None]


def identical(obj: Obj, notes: Notes) -> None:
    """Only apiVersion changes: the two versions have the same fields."""


def put_after(obj: Obj, after: str, key: str, value: Any) -> None:
    """Set `key` so that it stands behind `after` (at the end where that is not there)."""
    if key in obj or after not in obj:
        obj[key] = value
        return
    items = list(obj.items())
    obj.clear()
    for name, each in items:
        obj[name] = each
        if name == after:
            obj[key] = value


def put_first(obj: Obj, key: str, value: Any) -> None:
    items = list(obj.items())
    obj.clear()
    obj[key] = value
    obj.update(items)


def rename(obj: Obj, old: str, new: str) -> None:
    """Move a value to another key, in its place."""
    items = list(obj.items())
    obj.clear()
    for name, each in items:
        obj[new if name == old else name] = each


def part(obj: Any, *path: str) -> Obj:
    """The mapping at the path; an empty one that belongs to nobody where there is none."""
    for key in path:
        obj = obj.get(key) if isinstance(obj, dict) else None
    return obj if isinstance(obj, dict) else {}


def parts(obj: Any, *path: str) -> list[Obj]:
    """The mappings in the list at the path."""
    found = part(obj, *path[:-1]).get(path[-1])
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
