"""Which resources a cluster serves, and in which version to ask for each: never in a deprecated one.

Asking for a deprecated version would itself raise `apiserver_requested_deprecated_apis`, the very
metric that a check reads. So for every kind the newest stable version that is served is used;
where there is none, the server's preferred one.

One request each to /api and /apis (aggregated discovery, 1.26 and later); older servers are asked
group by group. A group whose server does not answer is recorded as unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from seatrial.catalog import api_catalog
from seatrial.cluster.objects import GroupKind, GroupVersionKind, GroupVersionResource
from seatrial.cluster.version import Minor
from seatrial.errors import NotFound, SeatrialError
from seatrial.kube.body import decoded
from seatrial.kube.session import Call, Session

_AGGREGATED = ",".join(
    [
        *(
            f"application/json;g=apidiscovery.k8s.io;v={v};as=APIGroupDiscoveryList"
            for v in ("v2", "v2beta1")
        ),
        "application/json",
    ]
)


class ResourceInfo(msgspec.Struct, frozen=True):
    """One resource in one version, as the cluster serves it."""

    gvr: GroupVersionResource
    kind: str
    namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    @property
    def gvk(self) -> GroupVersionKind:
        return GroupVersionKind(self.gvr.group, self.gvr.version, self.kind)

    @property
    def listable(self) -> bool:
        return "list" in self.verbs


class UnreadGroup(msgspec.Struct, frozen=True):
    """A group and version of which the cluster could not say what it serves."""

    group: str
    version: str
    why: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """Everything that one cluster serves."""

    served: tuple[ResourceInfo, ...]
    """Every resource in every served version."""
    unread: tuple[UnreadGroup, ...] = ()
    _preferred: dict[tuple[str, str], ResourceInfo] = field(init=False, repr=False, compare=False)
    _by_kind: dict[GroupVersionKind, ResourceInfo] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        preferred: dict[tuple[str, str], ResourceInfo] = {}
        by_kind: dict[GroupVersionKind, ResourceInfo] = {}
        for info in self.served:  # the server lists its preferred version first
            key = (info.gvr.group, info.gvr.resource)
            known = preferred.get(key)
            if known is None or _newer_stable(info.gvr.version, known.gvr.version):
                preferred[key] = info
            by_kind.setdefault(info.gvk, info)
        object.__setattr__(self, "_preferred", preferred)
        object.__setattr__(self, "_by_kind", by_kind)

    @property
    def resources(self) -> tuple[ResourceInfo, ...]:
        """Each resource once, in the version to ask for."""
        return tuple(self._preferred.values())

    def listable(self, minor: Minor) -> tuple[ResourceInfo, ...]:
        """What can be listed on a server of `minor` without asking for anything it deprecates.

        That leaves out kinds whose only version is deprecated, such as Endpoints since 1.33.
        """
        catalog = api_catalog()
        return tuple(i for i in self.resources if i.listable and not catalog.deprecated(i.gvk, minor))

    def resource(self, group: str, resource: str) -> ResourceInfo | None:
        """The resource by its plural name, in the version to ask for."""
        return self._preferred.get((group, resource))

    def of_kind(self, kind: GroupKind) -> ResourceInfo | None:
        """The resource of a kind, in the version to ask for."""
        return next((i for i in self._preferred.values() if (i.gvr.group, i.kind) == kind), None)

    def serves(self, gvk: GroupVersionKind) -> ResourceInfo | None:
        """The resource of exactly this version, or None when it is not served (or its group is unread)."""
        return self._by_kind.get(gvk)

    def could_not_read(self, group: str) -> bool:
        return any(unread.group == group for unread in self.unread)


def version_rank(version: str) -> tuple[int, int, int]:
    """Sort key by Kubernetes' version priority: v2 > v1 > v2beta1 > v1beta2 > v1alpha1 > anything else."""
    found = re.fullmatch(r"v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?", version)
    if not found:
        return (0, 0, 0)
    stability = {None: 3, "beta": 2, "alpha": 1}[found.group(2)]
    return (stability, int(found.group(1)), int(found.group(3) or 0))


def _newer_stable(version: str, than: str) -> bool:
    rank, other = version_rank(version), version_rank(than)
    return rank[0] == 3 and rank > other


async def discover(session: Session) -> Discovery:
    """Ask the cluster what it serves."""
    served: list[ResourceInfo] = []
    unread: list[UnreadGroup] = []
    for root in ("/api", "/apis"):
        try:
            answer = await session.send(Call("GET", root, accept=_AGGREGATED, reads_only=True))
        except NotFound:
            continue  # a bare aggregated server has no /api
        if "APIGroupDiscoveryList" in answer.content_type:
            _read_aggregated(_decode(session, root, answer.body, _GroupDiscoveryList), served, unread)
        elif root == "/api":
            for version in _decode(session, root, answer.body, _ApiVersions).versions:
                await _read_version(session, "", version, served, unread)
        else:
            for group in _decode(session, root, answer.body, _GroupList).groups:
                first = group.preferred_version.version
                versions = sorted((v.version for v in group.versions), key=lambda v: v != first)
                for version in versions:
                    await _read_version(session, group.name, version, served, unread)
    return Discovery(tuple(served), tuple(unread))


class _Wire(msgspec.Struct, rename="camel", frozen=True):
    pass


class _Kind(_Wire, frozen=True):
    kind: str = ""


class _Subresource(_Wire, frozen=True):
    subresource: str = ""


class _DiscoveredResource(_Wire, frozen=True):
    resource: str
    response_kind: _Kind | None = None
    scope: str = ""
    verbs: list[str] = []
    short_names: list[str] | None = None
    subresources: list[_Subresource] | None = None


class _DiscoveredVersion(_Wire, frozen=True):
    version: str
    resources: list[_DiscoveredResource] | None = None
    freshness: str = ""


class _Named(_Wire, frozen=True):
    name: str = ""


class _GroupDiscovery(_Wire, frozen=True):
    metadata: _Named = _Named()
    versions: list[_DiscoveredVersion] | None = None


class _GroupDiscoveryList(_Wire, frozen=True):
    items: list[_GroupDiscovery] | None = None


class _ApiVersions(_Wire, frozen=True):
    versions: list[str] = []


class _GroupVersion(_Wire, frozen=True):
    version: str = ""


class _Group(_Wire, frozen=True):
    name: str
    versions: list[_GroupVersion] = []
    preferred_version: _GroupVersion = _GroupVersion()


class _GroupList(_Wire, frozen=True):
    groups: list[_Group] = []


class _LegacyResource(_Wire, frozen=True):
    name: str
    kind: str = ""
    namespaced: bool = False
    verbs: list[str] | None = None
    short_names: list[str] | None = None


class _LegacyList(_Wire, frozen=True):
    resources: list[_LegacyResource] | None = None


def _read_aggregated(
    groups: _GroupDiscoveryList, served: list[ResourceInfo], unread: list[UnreadGroup]
) -> None:
    for group in groups.items or ():
        for version in group.versions or ():
            if version.freshness == "Stale":
                unread.append(
                    UnreadGroup(
                        group.metadata.name, version.version, "the server behind this API does not answer"
                    )
                )
            for resource in version.resources or ():
                served.append(
                    ResourceInfo(
                        gvr=GroupVersionResource(group.metadata.name, version.version, resource.resource),
                        kind=resource.response_kind.kind if resource.response_kind else "",
                        namespaced=resource.scope == "Namespaced",
                        verbs=tuple(resource.verbs),
                        short_names=tuple(resource.short_names or ()),
                        subresources=tuple(s.subresource for s in resource.subresources or ()),
                    )
                )


async def _read_version(
    session: Session, group: str, version: str, served: list[ResourceInfo], unread: list[UnreadGroup]
) -> None:
    path = GroupVersionResource(group, version, "").path
    try:
        answer = await session.send(Call("GET", path, reads_only=True))
        resources = _decode(session, path, answer.body, _LegacyList).resources or []
    except SeatrialError as error:
        unread.append(UnreadGroup(group, version, error.what))
        return
    served.extend(_legacy(group, version, resources))


def _legacy(group: str, version: str, resources: Iterable[_LegacyResource]) -> list[ResourceInfo]:
    subresources: dict[str, list[str]] = {}
    for resource in resources:
        parent, slash, subresource = resource.name.partition("/")
        if slash:
            subresources.setdefault(parent, []).append(subresource)
    return [
        ResourceInfo(
            gvr=GroupVersionResource(group, version, resource.name),
            kind=resource.kind,
            namespaced=resource.namespaced,
            verbs=tuple(resource.verbs or ()),
            short_names=tuple(resource.short_names or ()),
            subresources=tuple(subresources.get(resource.name, ())),
        )
        for resource in resources
        if "/" not in resource.name
    ]


T = TypeVar("T")


def _decode(session: Session, path: str, body: bytes, kind: type[T]) -> T:
    return decoded(msgspec.json.Decoder(kind), body, where=session.where(Call("GET", path)))
