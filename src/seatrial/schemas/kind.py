"""The schema of one kind, built-in or custom, with its validator compiled when first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seatrial.cluster.objects import GroupVersionKind
from seatrial.schemas.node import Node, structural

Bundle = tuple[str, dict[str, Any]]
"""The root definition's name, and every definition that it reaches."""


class KindSchema:
    """What the API server knows of one group, version and kind."""

    __slots__ = ("_bundle", "builtin", "gvk", "root", "validator")

    def __init__(
        self, gvk: GroupVersionKind, root: Node, bundle: Callable[[], Bundle], *, builtin: bool = True
    ) -> None:
        self.gvk = gvk
        self.root = root
        self.builtin = builtin
        self._bundle = bundle
        self.validator: Any = None
        """Kept by `validate`."""

    def __repr__(self) -> str:
        return f"KindSchema({self.gvk})"

    def bundle(self) -> Bundle:
        return self._bundle()

    @classmethod
    def from_crd(
        cls,
        schema: dict[str, Any] | None,
        *,
        gvk: GroupVersionKind,
        metadata: KindSchema,
        preserve_unknown: bool = False,
    ) -> KindSchema:
        """A custom resource's schema, as `spec.versions[].schema.openAPIV3Schema` of its definition.

        `metadata` is any built-in kind of the same minor: metadata is validated, merged and tracked
        as that kind's. `preserve_unknown` is the definition's `spec.preserveUnknownFields`.
        A definition without a schema (`None`) accepts anything.
        """
        root = dict(schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True})
        root.setdefault("type", "object")
        if preserve_unknown:
            root["x-kubernetes-preserve-unknown-fields"] = True
        given = root.get("properties") or {}
        root["properties"] = {
            **given,
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", **(given.get("metadata") or {})},
        }
        node = structural(root)
        meta = metadata.root.declared("metadata")
        if meta is not None:
            node.adopt("metadata", meta)
        return cls(gvk, node, lambda: ("", root), builtin=False)
