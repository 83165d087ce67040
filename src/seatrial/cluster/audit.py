"""Who called deprecated APIs, as the API server's audit log tells: the strongest evidence there is."""

from __future__ import annotations

import msgspec

from seatrial.cluster.objects import GroupVersionResource


class DeprecatedCall(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one client to one version of a resource, added up."""

    gvr: GroupVersionResource
    subresource: str = ""
    user: str
    """As the API server knew it: "system:serviceaccount:shop:deployer"."""
    user_agent: str = ""
    namespaces: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    count: int = 1
    first: str = ""
    """RFC 3339."""
    last: str = ""
    removed_release: str = ""
    """What the annotation `k8s.io/removed-release` says; may be empty."""


class AuditLog(msgspec.Struct, frozen=True, kw_only=True):
    """What some files of an audit log hold."""

    calls: tuple[DeprecatedCall, ...] = ()
    events: int = 0
    """Events read, deprecated or not."""
    first: str = ""
    last: str = ""
    problems: tuple[str, ...] = ()
    """What could not be read, each with its place."""
