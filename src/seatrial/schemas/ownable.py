"""Objects seen as sets of ownable fields: which there are, which changed, merging and taking away.

The semantics are those of server-side apply (KEP-555): structs and maps field by field, list maps
item by item, sets value by value, atomic lists and maps as one field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from seatrial.errors import BadInput
from seatrial.schemas.fieldset import Fields, Path, as_member, insert, is_member, spell
from seatrial.schemas.node import ANYTHING, NO_DEFAULT, Node

ABSENT: Any = object()
"""Stands for a value that is not there; null is a value."""


@dataclass(slots=True)
class Comparison:
    """What changed from one object to another."""

    added: Fields = field(default_factory=dict)
    modified: Fields = field(default_factory=dict)
    removed: Fields = field(default_factory=dict)

    @property
    def same(self) -> bool:
        return not (self.added or self.modified or self.removed)


def fields_of(value: Any, node: Node) -> Fields:
    """Every field that an object which holds exactly `value` would own."""
    return _collect(value, node) or {}


def compare(before: Any, after: Any, node: Node) -> Comparison:
    found = Comparison()
    _compare(before, after, node, (), found)
    return found


def merge(live: Any, applied: Any, node: Node, path: Path = ()) -> Any:
    """`live` with everything that `applied` names; shares branches with both."""
    if isinstance(live, dict) and isinstance(applied, dict) and node.map_type != "atomic":
        if not applied and not live:
            return applied
        result = dict(live)
        for key, value in applied.items():
            before = live[key] if key in live else _empty_like(value)
            result[key] = merge(before, value, _child(node, key), (*path, f"f:{key}"))
        return result
    if isinstance(live, list) and isinstance(applied, list) and node.list_type != "atomic":
        return _merge_lists(live, applied, node, path)
    return applied


def take_away(value: Any, gone: Fields, node: Node) -> Any:
    """`value` without the items in `gone`; `ABSENT` where nothing is left of a map or list."""
    if isinstance(value, dict) and value and node.map_type != "atomic":
        result = {}
        for key, inner in value.items():
            branch = gone.get(f"f:{key}")
            if is_member(branch):
                continue
            left = inner if branch is None else take_away(inner, branch, _child(node, key))
            if left is not ABSENT:
                result[key] = left
        return result or ABSENT
    if isinstance(value, list) and value and node.list_type != "atomic":
        item, kept = node.item or ANYTHING, []
        for inner in value:
            branch = gone.get(element_of(inner, node))
            if is_member(branch):
                continue
            left = inner if branch is None else take_away(inner, branch, item)
            if left is not ABSENT:
                kept.append(left)
        return kept or ABSENT
    return value


def with_named_parents(fields: Fields, node: Node) -> Fields:
    """The set with every declared field that leads to a member made a member too."""
    result: Fields = {}
    for element, branch in fields.items():
        if not branch:
            result[element] = branch
            continue
        if element.startswith("f:"):
            name = element[2:]
            inner = with_named_parents(branch, _child(node, name))
            result[element] = as_member(inner) if node.declared(name) is not None else inner
        else:
            result[element] = with_named_parents(branch, node.item or ANYTHING)
    return result


def element_of(item: Any, node: Node) -> str:
    """The path element of an item of a set or a list map; `BadInput` for an item without its keys."""
    if node.list_type == "set" or not isinstance(item, dict):
        return f"v:{_ORDERED.encode(item).decode()}"
    keys = {}
    for name in sorted(node.map_keys):
        value = item.get(name, ABSENT)
        if value is ABSENT and node.item is not None:
            value = node.item.key_default(name)
        if value is not ABSENT and value is not NO_DEFAULT:
            keys[name] = value
    if not keys:
        raise BadInput(
            f"an item of an associative list omits all of its keys ({', '.join(node.map_keys)}).",
            next_step="Give each item its keys.",
        )
    return f"k:{_ORDERED.encode(keys).decode()}"


_ORDERED = msgspec.json.Encoder(order="sorted")


def _empty_like(value: Any) -> Any:
    """So that what is new is walked, and its lists are checked, like what was there."""
    return {} if isinstance(value, dict) else [] if isinstance(value, list) else None


def _child(node: Node, name: str) -> Node:
    return node.child(name) or ANYTHING


def _collect(value: Any, node: Node) -> Fields | None:
    """The branch below a value, or None where it holds no member."""
    if isinstance(value, dict):
        if node.map_type == "atomic":
            return {}
        fields: Fields = {}
        for key, inner in value.items():
            branch = _collect(inner, _child(node, key))
            if inner is None or inner == {} or node.declared(key) is None:
                branch = as_member(branch)
            if branch is not None:
                fields[f"f:{key}"] = branch
        return fields or None
    if isinstance(value, list):
        if node.list_type == "atomic":
            return {}
        fields, item = {}, node.item or ANYTHING
        for inner in value:
            element = element_of(inner, node)
            # Duplicates, which only an old object can hold, are owned as one.
            fields[element] = {} if element in fields else as_member(_collect(inner, item))
        return fields or None
    return {}


def _compare(before: Any, after: Any, node: Node, path: Path, found: Comparison) -> None:
    if before is not ABSENT and after is not ABSENT and before == after:
        return
    if isinstance(before, dict) or isinstance(after, dict):
        old = before if isinstance(before, dict) else {}
        new = after if isinstance(after, dict) else {}
        if node.map_type != "atomic" and (old or new) and _comparable(before, after, dict):
            for key in {**old, **new}:
                _compare(
                    old.get(key, ABSENT),
                    new.get(key, ABSENT),
                    _child(node, key),
                    (*path, f"f:{key}"),
                    found,
                )
            _note_container(before, after, path, found)
            return
    elif isinstance(before, list) or isinstance(after, list):
        olds = _by_element(before, node) if node.list_type != "atomic" else {}
        news = _by_element(after, node) if node.list_type != "atomic" else {}
        if (olds or news) and _comparable(before, after, list):
            item = node.item or ANYTHING
            for element in {**olds, **news}:
                _compare(olds.get(element, ABSENT), news.get(element, ABSENT), item, (*path, element), found)
            _note_container(before, after, path, found)
            return
    if path:
        insert(_place(before, after, found), path)


def _comparable(before: Any, after: Any, kind: type) -> bool:
    return all(value is ABSENT or value is None or isinstance(value, kind) for value in (before, after))


def _place(before: Any, after: Any, found: Comparison) -> Fields:
    if before is ABSENT:
        return found.added
    return found.removed if after is ABSENT else found.modified


def _note_container(before: Any, after: Any, path: Path, found: Comparison) -> None:
    if path and (before is ABSENT or after is ABSENT):
        insert(_place(before, after, found), path)


def _by_element(items: Any, node: Node) -> dict[str, Any]:
    return {element_of(item, node): item for item in items} if isinstance(items, list) else {}


def _merge_lists(live: list[Any], applied: list[Any], node: Node, path: Path) -> list[Any]:
    """Every item once: shared ones in the order of `applied`, the others near their neighbours."""
    item = node.item or ANYTHING
    theirs = [element_of(one, node) for one in live]
    ours = [element_of(one, node) for one in applied]
    if len(set(ours)) != len(ours):
        raise BadInput("the list has two items with the same key.", where=spell(path).lstrip("."))
    was = dict(zip(theirs, live, strict=True))
    shared = [element for element in ours if element in was]
    result: list[Any] = []
    wanted = set(ours)
    left = 0
    next_shared = 0

    def take(index: int) -> None:
        element, value = ours[index], applied[index]
        before = was[element] if element in was else _empty_like(value)
        result.append(merge(before, value, item, (*path, element)))

    right = 0
    while left < len(theirs) or right < len(ours):
        if left < len(theirs):
            element = theirs[left]
            if element not in wanted:
                result.append(live[left])
                left += 1
                continue
            if next_shared == len(shared) or element != shared[next_shared]:
                left += 1  # an item of both, which comes when `applied` says so
                continue
        if left < len(theirs) and ours[right] == theirs[left]:
            left += 1
        if next_shared < len(shared) and ours[right] == shared[next_shared]:
            next_shared += 1
        take(right)
        right += 1
    return result
