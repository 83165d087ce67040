"""The documents by which clients learn what is served: classic, and aggregated since 1.26."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.negotiation import alternatives
from seatrial.simulator.surface import Served, Surface

# Subresources whose object is another kind: (group, version, kind, verbs).
_RW = ("get", "patch", "update")
_OTHER_KINDS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "scale": ("autoscaling", "v1", "Scale", _RW),
    "eviction": ("policy", "v1", "Eviction", ("create",)),
    "token": ("authentication.k8s.io", "v1", "TokenRequest", ("create",)),
    "binding": ("", "v1", "Binding", ("create",)),
    "attach": ("", "v1", "PodAttachOptions", ("create", "get")),
    "exec": ("", "v1", "PodExecOptions", ("create", "get")),
    "portforward": ("", "v1", "PodPortForwardOptions", ("create", "get")),
    "proxy": ("", "v1", "", ("create", "delete", "get", "patch", "update")),
}
_READ_ONLY = frozenset({"log"})


def aggregated_version(accept: str) -> str:
    """ "v2", "v2beta1" or "" for the classic documents."""
    for one in alternatives(accept):
        if one.media != "application/json":
            continue
        if one.shape == "APIGroupDiscoveryList" and one.group == "apidiscovery.k8s.io":
            return one.version
        if not one.shape:
            return ""
    return ""


def api_versions(surface: Surface, address: str) -> Obj:
    return {
        "kind": "APIVersions",
        "versions": surface.groups().get("", []),
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def api_groups(surface: Surface) -> Obj:
    groups = [api_group(name, versions) for name, versions in surface.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(name: str, versions: list[str]) -> Obj:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def api_resources(surface: Surface, group: str, version: str) -> Obj | None:
    """The classic list of one version's resources; None where nothing is served."""
    found = surface.in_version(group, version)
    if not found:
        return None
    resources = []
    for served in found:
        resources.append(_classic(served))
        resources += [_classic_sub(served, name) for name in served.subresources]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": resources,
    }


def _classic(served: Served) -> Obj:
    entry: Obj = {
        "name": served.gvr.resource,
        "singularName": served.singular,
        "namespaced": served.namespaced,
        "kind": served.kind,
        "verbs": list(served.verbs),
    }
    if served.short_names:
        entry["shortNames"] = list(served.short_names)
    if served.categories:
        entry["categories"] = list(served.categories)
    return entry


def _classic_sub(served: Served, name: str) -> Obj:
    entry: Obj = {
        "name": f"{served.gvr.resource}/{name}",
        "singularName": "",
        "namespaced": served.namespaced,
        "kind": served.kind,
        "verbs": list(_sub_verbs(name)),
    }
    other = _OTHER_KINDS.get(name)
    if other:
        group, version, kind, _ = other
        entry["kind"] = kind or f"{served.kind}ProxyOptions"
        if group:
            entry |= {"group": group, "version": version}
    return entry


def _sub_verbs(name: str) -> Iterable[str]:
    if name in _READ_ONLY:
        return ("get",)
    other = _OTHER_KINDS.get(name)
    return other[3] if other else _RW


# aggregated
def aggregated(surface: Surface, version: str, *, core: bool) -> Obj:
    """All groups with all resources in one document: `/api` holds the core group, `/apis` the others."""
    items = []
    for group, versions in surface.groups().items():
        if (group == "") != core:
            continue
        entry: Obj = {"metadata": {"name": group, "creationTimestamp": None} if group else {}}
        entry["versions"] = [
            {
                "version": one,
                "resources": [_aggregated(served) for served in surface.in_version(group, one)],
                "freshness": "Current",
            }
            for one in versions
        ]
        items.append(entry)
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items,
    }


def _aggregated(served: Served) -> Obj:
    entry: Obj = {
        "resource": served.gvr.resource,
        "responseKind": _response_kind(*served.gvk),
        "scope": "Namespaced" if served.namespaced else "Cluster",
        "singularResource": served.singular,
        "verbs": list(served.verbs),
    }
    if served.short_names:
        entry["shortNames"] = list(served.short_names)
    if served.categories:
        entry["categories"] = list(served.categories)
    if served.subresources:
        entry["subresources"] = [_aggregated_sub(served, name) for name in served.subresources]
    return entry


def _aggregated_sub(served: Served, name: str) -> Obj:
    other = _OTHER_KINDS.get(name)
    kind = _response_kind(*served.gvk)
    if other:
        kind = _response_kind(other[0], other[1], other[2] or f"{served.kind}ProxyOptions")
    return {"subresource": name, "responseKind": kind, "verbs": list(_sub_verbs(name))}


def _response_kind(group: str, version: str, kind: str) -> dict[str, Any]:
    return {"group": group, "version": version, "kind": kind}
