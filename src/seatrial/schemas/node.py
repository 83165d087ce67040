"""One place in a schema: what may stand there, and how lists and maps there are merged.

Built-in kinds and custom resources are read into the same nodes, so that patches, server-side
apply, pruning and validation are written once. Nodes are made when first asked for: a cluster of
fifty kinds touches a tenth of the published definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Raw = dict[str, Any]
Resolve = Callable[[str], "Node"]

_REF = "$ref"
_PREFIX = "x-kubernetes-"
_UNKNOWN: Any = object()

# Keys of list maps whose default the published schemas do not carry (they are set in Go).
# (definition, key) -> default
_KEY_DEFAULTS: Mapping[tuple[str, str], Any] = {
    ("io.k8s.api.core.v1.ContainerPort", "protocol"): "TCP",
    ("io.k8s.api.core.v1.ServicePort", "protocol"): "TCP",
    ("io.k8s.api.core.v1.LocalObjectReference", "name"): "",
    ("io.k8s.api.core.v1.ObjectReference", "name"): "",
}


_EVERY_OBJECT_HAS = ("apiVersion", "kind", "metadata")


class NoDefault:
    """The type of `NO_DEFAULT`: `None` is a default that a schema may name."""


NO_DEFAULT = NoDefault()


class Node:
    """A schema at one path. Treat it as immutable; children are resolved lazily and kept."""

    __slots__ = (
        "_additional",
        "_base",
        "_children",
        "_item",
        "_raw",
        "_resolve",
        "default",
        "definition",
        "embedded",
        "format",
        "int_or_string",
        "list_type",
        "map_keys",
        "map_type",
        "nullable",
        "patch_merge_key",
        "patch_strategy",
        "preserve_unknown",
        "required",
        "types",
    )

    def __init__(self, raw: Raw, resolve: Resolve, *, definition: str = "", base: Node | None = None) -> None:
        self._raw, self._resolve, self._base = raw, resolve, base
        self._children: dict[str, Node] = {}
        self._item: Node | None = _UNKNOWN
        self._additional: Node | None = _UNKNOWN
        self.definition = definition
        kind = raw.get("type")
        if kind is None and "oneOf" in raw and definition:  # Quantity and IntOrString
            kind = [name for one in raw["oneOf"] for name in one.get("type", ())]
        types = tuple(kind) if isinstance(kind, list) else (kind,) if kind else ()
        self.types: tuple[str, ...] = tuple(dict.fromkeys(t for t in types if t != "null"))
        self.nullable: bool = bool(raw.get("nullable")) or "null" in types
        self.int_or_string: bool = bool(raw.get(_PREFIX + "int-or-string")) or set(self.types) == {
            "string",
            "integer",
        }
        self.embedded: bool = bool(raw.get(_PREFIX + "embedded-resource"))
        self.default: Any = raw.get("default", NO_DEFAULT)
        self.required: tuple[str, ...] = tuple(raw.get("required") or ())
        self.format: str = raw.get("format") or ""
        strategy = raw.get(_PREFIX + "patch-strategy") or ""
        self.patch_strategy: frozenset[str] = frozenset(filter(None, strategy.split(",")))
        self.patch_merge_key: str = raw.get(_PREFIX + "patch-merge-key") or ""
        self.map_type: str = raw.get(_PREFIX + "map-type") or "granular"
        self.list_type, self.map_keys = self._list_semantics(raw)
        self.preserve_unknown: bool = bool(raw.get(_PREFIX + "preserve-unknown-fields")) or (
            raw.get("additionalProperties") is True
            or (not self.types and not self.int_or_string and "properties" not in raw)
            or bool(definition and "properties" not in raw and "additionalProperties" not in raw)
        )

    def _list_semantics(self, raw: Raw) -> tuple[str, tuple[str, ...]]:
        """As the API server reads them: without a list type, the merge strategy decides."""
        named = raw.get(_PREFIX + "list-type")
        if named:
            return named, tuple(raw.get(_PREFIX + "list-map-keys") or ())
        if "merge" in self.patch_strategy:
            return ("map", (self.patch_merge_key,)) if self.patch_merge_key else ("set", ())
        return "atomic", ()

    def declared(self, name: str) -> Node | None:
        """The property of that name, if the schema declares one."""
        found = self._children.get(name)
        if found is not None:
            return found
        if self._base is not None:
            return self._base.declared(name)
        raw = (self._raw.get("properties") or {}).get(name)
        if raw is None:
            return None
        return self._children.setdefault(name, self._make(raw))

    def child(self, name: str) -> Node | None:
        """What may stand under the key `name`: declared, any value of a map, or anything; else None."""
        found = self.declared(name) or self.additional
        if found is None and (self.preserve_unknown or (self.embedded and name in _EVERY_OBJECT_HAS)):
            return ANYTHING
        return found

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of the declared properties."""
        if self._base is not None:
            return self._base.properties
        return tuple(self._raw.get("properties") or ())

    @property
    def additional(self) -> Node | None:
        """The schema of a map's values, or None where this is not a map."""
        if self._base is not None:
            return self._base.additional
        if self._additional is _UNKNOWN:
            raw = self._raw.get("additionalProperties")
            self._additional = self._make(raw) if isinstance(raw, dict) else None
        return self._additional

    @property
    def item(self) -> Node | None:
        """The schema of a list's items."""
        if self._base is not None:
            return self._base.item
        if self._item is _UNKNOWN:
            raw = self._raw.get("items")
            self._item = self._make(raw) if isinstance(raw, dict) else None
        return self._item

    def key_default(self, key: str) -> Any:
        """The default of a list map's key in this item, or `NO_DEFAULT`."""
        hand_kept = _KEY_DEFAULTS.get((self.definition, key), NO_DEFAULT)
        if hand_kept is not NO_DEFAULT:
            return hand_kept
        field = self.declared(key)
        return field.default if field is not None else NO_DEFAULT

    def adopt(self, name: str, node: Node) -> None:
        """Let another schema's node stand for a property (a custom resource's metadata)."""
        self._children[name] = node

    def _make(self, raw: Raw) -> Node:
        ref = raw.get(_REF)
        if not isinstance(ref, str):
            return Node(raw, self._resolve)
        target = self._resolve(ref.rsplit("/", 1)[-1])
        own = {key: value for key, value in raw.items() if key.startswith(_PREFIX) or key == "default"}
        if not own:
            return target
        return Node({**target._raw, **own}, self._resolve, definition=target.definition, base=target)


def _no_references(name: str) -> Node:
    return ANYTHING


ANYTHING = Node({_PREFIX + "preserve-unknown-fields": True}, _no_references)
"""Where a schema says nothing: maps merge key by key, lists are replaced whole."""


def structural(raw: Raw) -> Node:
    """A custom resource's own schema, which has no references."""
    return Node(raw, _no_references)
