"""Strategic merge patch: `application/strategic-merge-patch+json`, what `kubectl apply` and `edit` send.

Maps merge key by key. Lists with the merge strategy match their items by merge key (or by value),
the others are replaced. Directives in the patch override that: `$patch`, `$retainKeys`,
`$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>`.
See https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.schemas.copying import clone
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.node import ANYTHING, Node

_PATCH = "$patch"
_RETAIN_KEYS = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"


def strategic_merge_patch(obj: Obj, patch: Any, schema: KindSchema) -> Obj:
    """A copy of `obj` with `patch` merged in; `BadInput` with the path where the patch makes no sense."""
    if not isinstance(patch, dict):
        raise BadInput("a strategic merge patch has to be a JSON object.")
    return _merge_map(clone(obj), clone(patch), schema.root, "")


def _merge_map(target: Obj, patch: Obj, node: Node, path: str) -> Obj:
    directive = patch.pop(_PATCH, "merge")
    if directive == "replace":
        replaced: Obj = _without_directives(patch)
        return replaced
    if directive == "delete":
        return {}
    if directive != "merge":
        raise BadInput(f'unknown patch type "{directive}".', where=path or "$patch")
    _retain_keys(target, patch, path)
    orders = _take(patch, _ORDER, path)
    deletions = _take(patch, _DELETE, path)
    for name, gone in deletions.items():
        if isinstance(target.get(name), list):
            target[name] = [item for item in target[name] if item not in gone]
    for name, value in patch.items():
        here = f"{path}.{name}" if path else name
        if value is None:
            target.pop(name, None)
            continue
        before = target.get(name)
        child = node.child(name) or ANYTHING
        if isinstance(before, dict) and isinstance(value, dict) and "replace" not in child.patch_strategy:
            target[name] = _merge_map(before, value, child, here)
        elif isinstance(before, list) and isinstance(value, list) and "merge" in child.patch_strategy:
            target[name] = _merge_list(before, value, child, orders.pop(name, None), here)
        else:
            target[name] = _without_directives(value)
    for name, order in orders.items():
        items = target.get(name)
        if isinstance(items, list):
            child = node.child(name) or ANYTHING
            target[name] = _ordered(items, items, order, child.patch_merge_key, f"{path}.{name}")
    return target


def _merge_list(
    before: list[Any], patch: list[Any], node: Node, order: list[Any] | None, path: str
) -> list[Any]:
    key = node.patch_merge_key
    if not key or not all(isinstance(item, dict) for item in patch):
        if key:
            raise BadInput(f"expected objects with the merge key {key!r}.", where=path)
        merged = list(before)
        merged.extend(item for item in patch if item not in merged)
    else:
        merged = _merge_items(before, patch, node, key, path)
    return merged if order is None else _ordered(merged, before, order, key, path)


def _merge_items(before: list[Any], patch: list[Any], node: Node, key: str, path: str) -> list[Any]:
    ordinary: list[Obj] = []
    merged, replace = list(before), False
    for item in patch:
        directive = item.get(_PATCH)
        if directive is None or directive == "merge":
            ordinary.append(item)
        elif directive == "replace":
            replace = True
        elif directive == "delete":
            identity = _identity(item, key, path)
            merged = [one for one in merged if _identity(one, key, path) != identity]
        else:
            raise BadInput(f'unknown patch type "{directive}".', where=path)
    if replace:
        return [_without_directives(item) for item in ordinary]
    places = {_identity(one, key, path): index for index, one in enumerate(merged)}
    child = node.item or ANYTHING
    for item in ordinary:
        identity = _identity(item, key, path)
        place = places.get(identity)
        if place is None:
            places[identity] = len(merged)
            merged.append(_without_directives(item))
        else:
            merged[place] = _merge_map(merged[place], item, child, f"{path}[{key}={item[key]}]")
    return merged


def _ordered(items: list[Any], live: list[Any], order: list[Any], key: str, path: str) -> list[Any]:
    """Items named by `order` in that order; the server's own items keep their places among them."""

    def identity(item: Any) -> Hashable:
        return _identity(item, key, path) if key else msgspec.json.encode(item)

    wanted = {identity(item): index for index, item in enumerate(order)}
    served = {identity(item): index for index, item in enumerate(live)}
    named = sorted((i for i in items if identity(i) in wanted), key=lambda i: wanted[identity(i)])
    own = sorted(
        (i for i in items if identity(i) not in wanted), key=lambda i: served.get(identity(i), len(live))
    )
    result: list[Any] = []
    left = 0
    for item in named:
        place = served.get(identity(item), -1)
        while left < len(own) and served.get(identity(own[left]), len(live)) < place:
            result.append(own[left])
            left += 1
        result.append(item)
    return [*result, *own[left:]]


def _retain_keys(target: Obj, patch: Obj, path: str) -> None:
    retained = patch.pop(_RETAIN_KEYS, None)
    if retained is None:
        return
    if not isinstance(retained, list):
        raise BadInput("$retainKeys has to be a list of field names.", where=path)
    for name, value in patch.items():
        if name not in retained and not name.startswith("$") and value is not None:
            raise BadInput(f"$retainKeys does not name {name!r}, which the patch sets.", where=path)
    for name in tuple(target):
        if name not in retained:
            del target[name]


def _take(patch: Obj, prefix: str, path: str) -> dict[str, list[Any]]:
    taken = {}
    for name in [name for name in patch if name.startswith(prefix)]:
        value = patch.pop(name)
        if not isinstance(value, list):
            raise BadInput(f"{name} has to be a list.", where=path)
        taken[name.removeprefix(prefix)] = value
    return taken


def _identity(item: Any, key: str, path: str) -> Hashable:
    if not isinstance(item, dict) or key not in item:
        raise BadInput(f"an item does not contain the declared merge key {key!r}.", where=path)
    value = item[key]
    return value if isinstance(value, Hashable) else msgspec.json.encode(value)


def _without_directives(value: Any) -> Any:
    """What a patch adds where nothing was: its values, without nulls and directives."""
    if isinstance(value, dict):
        return {
            key: _without_directives(inner)
            for key, inner in value.items()
            if inner is not None
            and key not in (_PATCH, _RETAIN_KEYS)
            and not key.startswith((_ORDER, _DELETE))
        }
    if isinstance(value, list):
        return [
            _without_directives(item)
            for item in value
            if not (isinstance(item, dict) and item.get(_PATCH) == "delete")
        ]
    return value
