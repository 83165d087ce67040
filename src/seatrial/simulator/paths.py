"""Reads a URL path as the API server does: which group, version, resource, object and subresource."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """`/apis/apps/v1/namespaces/shop/deployments/web/scale`, taken apart; absent parts are empty."""

    group: str
    version: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    watch: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


_OF_NAMESPACE = frozenset({"status", "finalize"})


def resource_path(path: str) -> ResourcePath | None:
    """None for paths that name no resource: discovery, health, documents."""
    parts = [unquote(part) for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    watch = rest[0] == "watch" and len(rest) > 1
    if watch:  # the old form, which a few clients still use
        rest = rest[1:]
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and not (len(rest) == 3 and rest[2] in _OF_NAMESPACE):
        namespace, rest = rest[1], rest[2:]
    resource, name, subresource, *tail = [*rest, "", ""][: max(3, len(rest))]
    return ResourcePath(group, version, resource, namespace, name, subresource, "/".join(tail), watch)
