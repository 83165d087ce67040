"""A cluster's state at one moment, in memory: what checks, plans and twins are made from.

Objects stay encoded as the server sent them and are decoded when somebody reads a kind: into
partial types for checks, into dictionaries for a twin. A kind that was read has a list even when it
is empty; a kind that could not be read has an `Unread`. A kind with neither was never asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from seatrial.cluster.helm_release import BrokenRecord, ReleaseRecord
from seatrial.cluster.metrics import ApiMetrics
from seatrial.cluster.models.metadata import AnyObject, Metadata, R, Resource, decode
from seatrial.cluster.objects import GroupKind, GroupVersionResource, Obj
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadFormat

T = TypeVar("T")

SNAPSHOT_FORMAT = 1
Encoded = bytes | msgspec.Raw
NEVER_READ = frozenset(
    {
        ("", "events"),
        ("events.k8s.io", "events"),
        ("", "endpoints"),  # EndpointSlices say the same
        ("", "componentstatuses"),
        ("coordination.k8s.io", "leases"),
        ("metrics.k8s.io", "nodes"),
        ("metrics.k8s.io", "pods"),
    }
)
"""(group, plural) of what no capture reads: it changes by the second, or repeats others."""


class SnapshotMeta(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    format: int = SNAPSHOT_FORMAT
    cluster: str
    uid: str
    """UID of the kube-system namespace: what tells two clusters of one name apart."""
    server_version: str
    """As the server says it: "v1.36.4-eks-1a2b3c"."""
    captured_at: datetime
    seatrial: str
    portable: bool = False
    """Secret material was replaced by tokens: it may be stored and sent."""

    @property
    def version(self) -> Version:
        return Version.parse(self.server_version)

    @property
    def minor(self) -> Minor:
        return self.version.line


@dataclass(frozen=True, slots=True)
class ResourceList:
    """The objects of one kind, in the version that was asked for."""

    gvr: GroupVersionResource
    kind: str
    namespaced: bool
    items: tuple[Encoded, ...] = field(default=(), repr=False)
    """Secrets may be among them."""

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.gvr.group, self.kind)


class UnreadReason(StrEnum):
    FORBIDDEN = "forbidden"
    FAILED = "failed"
    NOT_SERVED = "not-served"  # the cluster does not have this kind, which is an answer


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    gvr: GroupVersionResource
    reason: UnreadReason
    namespace: str = ""
    """Empty: in no namespace at all."""
    message: str = ""

    def concerns(self, group: str, plural: str) -> bool:
        """Whether it is about this resource; `*` stands for a group whose discovery failed."""
        return self.gvr.group == group and self.gvr.resource in (plural, "*")


@dataclass(frozen=True)
class Snapshot:
    meta: SnapshotMeta
    resources: tuple[ResourceList, ...] = ()
    unread: tuple[Unread, ...] = ()
    metrics: ApiMetrics | None = None
    releases: tuple[ReleaseRecord, ...] = ()
    broken_releases: tuple[BrokenRecord, ...] = ()
    provider: ProviderState | None = None
    _typed: dict[type[Resource], tuple[Any, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _derived: dict[Callable[[Snapshot], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def read(self, kind: type[R]) -> tuple[R, ...]:
        """All objects of a typed kind, decoded once; raises `BadFormat` on a damaged object."""
        found: tuple[R, ...] | None = self._typed.get(kind)
        if found is None:
            found = tuple(
                decode(kind, item) for each in self.lists_of(kind.group_kind()) for item in each.items
            )
            self._typed[kind] = found
        return found

    def remember(self, kind: type[R], objects: tuple[R, ...]) -> None:
        """Take objects that were decoded while the snapshot was made, so that nobody does it again."""
        self._typed[kind] = objects

    def once(self, make: Callable[[Snapshot], T]) -> T:
        """What `make` says of this snapshot, made the first time that somebody asks; never to be changed."""
        if make not in self._derived:
            self._derived[make] = make(self)
        made: T = self._derived[make]
        return made

    def objects(self, kind: GroupKind) -> list[Obj]:
        """Whole objects, as dictionaries of their own; lists leave out apiVersion and kind, we do not.

        Raises `BadFormat` on what is no JSON object.
        """
        return [
            {"apiVersion": each.gvr.api_version, "kind": each.kind, **plain_object(item, each.kind)}
            for each in self.lists_of(kind)
            for item in each.items
        ]

    def metadata(self, listed: ResourceList) -> Iterator[Metadata]:
        """Only the metadata of a list's objects, of typed kinds or not."""
        if self.lists_of(listed.group_kind)[1:]:  # in several versions: those that were read are of all
            return (decode(AnyObject, item).metadata for item in listed.items)
        known = (found for kind, found in self._typed.items() if kind.group_kind() == listed.group_kind)
        objects: Iterable[Resource] = next(known, ())
        return (each.metadata for each in objects or (decode(AnyObject, item) for item in listed.items))

    def lists_of(self, kind: GroupKind) -> tuple[ResourceList, ...]:
        group, name = kind
        return tuple(each for each in self.resources if each.kind == name and each.gvr.group == group)

    def unread_of(self, kind: type[Resource]) -> tuple[Unread, ...]:
        """What of this kind could not be read; that it is not served is not among it."""
        return self.unread_resource(kind.API.group, kind.PLURAL)

    def unread_resource(self, group: str, plural: str) -> tuple[Unread, ...]:
        return tuple(
            each
            for each in self.unread
            if each.concerns(group, plural)
            if each.reason is not UnreadReason.NOT_SERVED
        )

    def asked_for(self, kind: type[Resource]) -> bool:
        """Whether the capture tried this kind at all."""
        return bool(self.lists_of(kind.group_kind())) or any(
            each.concerns(kind.API.group, kind.PLURAL) for each in self.unread
        )

    @property
    def count(self) -> int:
        return sum(len(each.items) for each in self.resources)


def plain_object(item: Encoded, kind: str) -> Obj:
    """Raises `BadFormat` on what is no JSON object."""
    try:
        found = msgspec.json.decode(item)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise BadFormat(f"an object of kind {kind} is not valid JSON: {problem}.") from None
    if not isinstance(found, dict):
        raise BadFormat(f"an object of kind {kind} is no JSON object.")
    return found
