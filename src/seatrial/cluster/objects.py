"""How we name Kubernetes kinds and objects."""

from __future__ import annotations

from typing import Any, NamedTuple

Obj = dict[str, Any]
"""One Kubernetes object, decoded from JSON."""


class GroupKind(NamedTuple):
    """A kind whatever its version; the core group is the empty string."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind


EVERY_CUSTOM_KIND = GroupKind("*", "*")
"""Stands for all kinds that Kubernetes itself does not define, where kinds to read are listed."""


class GroupVersionKind(NamedTuple):
    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """As `apiVersion` writes it: "v1", "apps/v1"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind}"

    @classmethod
    def of(cls, api_version: str, kind: str) -> GroupVersionKind:
        group, _, version = api_version.rpartition("/")
        return cls(group, version, kind)

    @classmethod
    def of_object(cls, obj: Obj) -> GroupVersionKind:
        return cls.of(str(obj.get("apiVersion") or ""), str(obj.get("kind") or ""))


class GroupVersionResource(NamedTuple):
    """What a URL names: the plural in lower case, "deployments"."""

    group: str
    version: str
    resource: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """The URL path of the group and version: "/api/v1" or "/apis/apps/v1"."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


class ObjectRef(NamedTuple):
    """Which object a finding, a step or an error is about."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        name = f"{self.kind.lower()}/{self.name}"
        return f"{self.namespace}/{name}" if self.namespace else name

    @classmethod
    def of(cls, obj: Obj) -> ObjectRef:
        meta = obj.get("metadata")
        if not isinstance(meta, dict):
            meta = {}
        return cls(
            str(obj.get("apiVersion") or ""),
            str(obj.get("kind") or ""),
            str(meta.get("namespace") or ""),
            str(meta.get("name") or ""),
        )


def without_nulls(value: Any) -> Any:
    """Go reads a null as "not set", and so do we, at every depth and in lists too."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value
