"""The URL path of a resource or an object; an empty or odd name is refused before it becomes a list."""

from __future__ import annotations

from urllib.parse import quote

from seatrial.cluster.objects import GroupVersionResource
from seatrial.errors import BadInput


def resource_path(gvr: GroupVersionResource, namespace: str | None = None) -> str:
    """Where `gvr` is listed: in one namespace, or in all (also for cluster-scoped resources)."""
    if not namespace:
        return f"{gvr.path}/{gvr.resource}"
    return f"{gvr.path}/namespaces/{_segment('namespace', namespace)}/{gvr.resource}"


def object_path(gvr: GroupVersionResource, name: str, namespace: str = "", subresource: str = "") -> str:
    """Where one object lives. Never the path of a list: DELETE on that one deletes everything."""
    path = f"{resource_path(gvr, namespace)}/{_segment('name', name)}"
    return f"{path}/{subresource}" if subresource else path


def _segment(what: str, text: str) -> str:
    if not text or text in (".", "..") or "/" in text or "%" in text:
        raise BadInput(f"{text!r} is not a {what} that an object can have.", next_step=f"Give the {what}.")
    return quote(text, safe=":")
