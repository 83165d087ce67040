"""Sets of field paths in the form that `managedFields` stores them (FieldsV1), and their algebra.

A set is a tree of path elements: `f:<name>` a field, `k:<keys>` an item of a list map, `v:<value>`
an item of a set. An element is a member of the set when it is a leaf, or holds the element `.`.
The empty set is the empty tree. Every function returns a new tree; trees may share branches, so
nothing changes a tree in place but `insert`, which its caller owns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

Fields = dict[str, Any]
Path = tuple[str, ...]

_SELF = "."


def insert(fields: Fields, path: Path) -> None:
    """Make `path` a member."""
    for element in path[:-1]:
        before = fields.get(element)
        if before is None:
            before = fields[element] = {}
            fields = before
            continue
        if not before:
            before[_SELF] = {}
        fields = before
    last = fields.get(path[-1])
    if last is None:
        fields[path[-1]] = {}
    elif last:
        last[_SELF] = {}


def union(one: Fields, other: Fields) -> Fields:
    if not one:
        return other
    if not other:
        return one
    result = dict(one)
    for element, branch in other.items():
        mine = result.get(element)
        result[element] = branch if mine is None else _union_branch(mine, branch)
    return result


def difference(one: Fields, other: Fields) -> Fields:
    """The members of `one` that are not members of `other`."""
    result: Fields = {}
    for element, branch in one.items():
        theirs = other.get(element)
        left = branch if theirs is None else _difference_branch(branch, theirs)
        if left is not None:
            result[element] = left
    return result


def intersection(one: Fields, other: Fields) -> Fields:
    result: Fields = {}
    for element, branch in one.items():
        theirs = other.get(element)
        if theirs is None:
            continue
        both = _intersection_branch(branch, theirs)
        if both is not None:
            result[element] = both
    return result


def members(fields: Fields, path: Path = ()) -> Iterator[Path]:
    """Every member's path, parents before what they hold."""
    for element, branch in sorted(fields.items()):
        if element == _SELF:
            continue
        here = (*path, element)
        if is_member(branch):
            yield here
        yield from members(branch, here)


def is_member(branch: Fields | None) -> bool:
    """Is the element that leads to `branch` itself in the set?"""
    return branch is not None and (not branch or _SELF in branch)


def as_member(branch: Fields | None) -> Fields:
    """The branch with its own element in the set."""
    if not branch or _SELF in branch:
        return branch or {}
    return {_SELF: {}, **branch}


def spell(path: Path) -> str:
    """The path as conflict messages write it: `.spec.containers[name="web"].image`."""
    return "".join(map(_spell_element, path))


def _spell_element(element: str) -> str:
    kind, text = element[:2], element[2:]
    if kind == "f:":
        return f".{text}"
    value = msgspec.json.decode(text)
    if kind == "k:":
        pairs = (f"{name}={_literal(one)}" for name, one in sorted(value.items()))
        return f"[{','.join(pairs)}]"
    if kind == "v:":
        return f"[={_literal(value)}]"
    return f"[{text}]"


def _literal(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _make(member: bool, children: Fields) -> Fields | None:
    if not children:
        return {} if member else None
    return {_SELF: {}, **children} if member else children


def _children(branch: Fields) -> Fields:
    if _SELF not in branch:
        return branch
    return {element: inner for element, inner in branch.items() if element != _SELF}


def _union_branch(one: Fields, other: Fields) -> Fields:
    made = _make(is_member(one) or is_member(other), union(_children(one), _children(other)))
    return made if made is not None else {}


def _difference_branch(one: Fields, other: Fields) -> Fields | None:
    return _make(is_member(one) and not is_member(other), difference(_children(one), _children(other)))


def _intersection_branch(one: Fields, other: Fields) -> Fields | None:
    return _make(is_member(one) and is_member(other), intersection(_children(one), _children(other)))
