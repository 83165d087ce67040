"""Rewrites one object of a removed version to what the target serves, and has the result's schema checked.

What is offered fits the published schema of the target, unknown fields included: a field that v1 has no
place for is never dropped in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.catalog import Served, api_catalog
from seatrial.cluster.objects import GroupVersionKind, Obj
from seatrial.cluster.version import Minor
from seatrial.errors import NotFound
from seatrial.fixes.registry import by_hand, rule_for
from seatrial.fixes.rule import ByHand, Notes
from seatrial.fixes.yaml_source import plain
from seatrial.schemas import schemas_for, unknown_fields, validate

_MOST_SAID = 4


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The object was changed in place."""

    before: GroupVersionKind
    after: GroupVersionKind
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotOffered:
    """Nothing is proposed; what the object became in the attempt is to be thrown away."""

    gvk: GroupVersionKind
    why: str


def is_removed(gvk: GroupVersionKind, target: Minor) -> bool:
    """Whether the target surely does not serve it any more, though an older minor did."""
    entry = api_catalog().lifecycle(gvk)
    gone = entry is not None and entry.removed is not None and entry.removed <= target
    return gone and api_catalog().served(gvk, target) is Served.NO


def rewrite(obj: Obj, target: Minor) -> Rewritten | NotOffered:
    """Change `obj`, whose version the target does not serve, to its replacement."""
    gvk = GroupVersionKind.of_object(obj)
    entry = api_catalog().lifecycle(gvk)
    if entry is None or entry.replacement is None:
        return NotOffered(gvk, "there is no replacement: remove it, and what relies on it.")
    after = entry.replacement
    reason, rule = by_hand(gvk), rule_for(gvk)
    if reason or rule is None:
        return NotOffered(gvk, f"a person has to move it to {after}: {reason or 'no rule is known'}.")
    if api_catalog().served(after, target) is not Served.YES:
        since = api_catalog().lifecycle(after)
        return NotOffered(
            gvk, f"Kubernetes {target} does not serve {after} (since {since.introduced if since else '?'})."
        )
    notes = Notes()
    try:
        obj["apiVersion"] = after.api_version
        rule(obj, notes)
    except ByHand as why:
        return NotOffered(gvk, f"a person has to decide: {why}.")
    except (AttributeError, TypeError, KeyError, ValueError):
        return NotOffered(gvk, "the object has not the shape of its kind.")
    wrong = _problems(obj, after, target, notes)
    if wrong:
        said = "; ".join(wrong[:_MOST_SAID]) + (f"; and {len(wrong) - _MOST_SAID} more" if wrong[4:] else "")
        return NotOffered(gvk, f"the result would not fit {after} of Kubernetes {target}: {said}.")
    return Rewritten(gvk, after, tuple(notes.texts))


def _problems(obj: Obj, gvk: GroupVersionKind, target: Minor, notes: Notes) -> list[str]:
    try:
        schema = schemas_for(target).kind(gvk)
    except NotFound:
        schema = None
    if schema is None:
        return [f"no published schema of {gvk} is known to hold it against"]
    found = _found(obj, schema)
    if "status" in obj and any(each.startswith("status") for each in found):
        del obj["status"]
        notes("The status is left out: the cluster writes it.")
        found = _found(obj, schema)
    return found


def misfits(obj: Obj, target: Minor) -> list[str]:
    """What in the object its schema of the target does not allow; nothing where none is known."""
    try:
        schema = schemas_for(target).kind(GroupVersionKind.of_object(obj))
    except NotFound:
        schema = None
    return _found(obj, schema) if schema is not None else []


def _found(obj: Obj, schema: Any) -> list[str]:
    bare = without_nulls(obj)
    wrong = [str(each) for each in validate(bare, schema)]
    return wrong + [f"it has no field {path}" for path in unknown_fields(bare, schema)]


def without_nulls(value: Any) -> Any:
    """As the API server reads it (a null is no value), in builtins."""
    match value:
        case dict():
            return {str(key): without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [without_nulls(each) for each in value]
        case _:
            return plain(value)
