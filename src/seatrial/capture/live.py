"""Reads a live cluster into memory through a client that cannot write.

Only served, not deprecated versions are asked for. What may not be read, or fails, is recorded as
unread; it is never silently absent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress

import msgspec

from seatrial import __version__
from seatrial.capture.api_metrics import METRICS_PATH, hear_others, hear_usual
from seatrial.catalog import api_catalog
from seatrial.clock import Clock
from seatrial.cluster.helm_release import read_releases
from seatrial.cluster.models import KINDS, Namespace
from seatrial.cluster.models.metadata import AnyObject, decode
from seatrial.cluster.objects import EVERY_CUSTOM_KIND, GroupKind, GroupVersionResource, Obj
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.snapshot import NEVER_READ, ResourceList, Snapshot, SnapshotMeta, Unread, UnreadReason
from seatrial.cluster.version import Minor
from seatrial.errors import BadFormat, Forbidden, NotFound, PermanentError, TemporaryError
from seatrial.kube import DirectReader, Discovery, ReadClient, ResourceInfo, Unauthorized

Progress = Callable[[str, int, int], None]
"""Told after each kind: its name, kinds done, kinds in all."""

_AT_ONCE = 6


async def from_live(
    client: ReadClient,
    clock: Clock,
    *,
    kinds: Collection[GroupKind] | None = None,
    provider: ProviderState | None = None,
    each_server: DirectReader | None = None,
    progress: Progress | None = None,
) -> Snapshot:
    """Read the kinds given (None: everything that can be listed), metrics and Helm's records.

    `EVERY_CUSTOM_KIND` among them stands for whatever Kubernetes itself does not define. With
    `each_server` the metrics of every API server of a control plane of one's own are heard; a twin's
    endpoints are another cluster's, so a rehearsal gives none."""
    server_version = await client.server_version()
    discovery = await client.discover()
    wanted = [
        info
        for info in discovery.listable(Minor.parse(server_version))
        if (info.gvr.group, info.gvr.resource) not in NEVER_READ
        if _is_wanted(info, kinds)
    ]
    async with asyncio.TaskGroup() as group:  # metrics are megabytes of a large cluster
        usual = group.create_task(_read_metrics(client))
        lists, unread = await _read_lists(client, wanted, progress)
    unread += _unread_groups(discovery)
    unread += _not_served(discovery, wanted, kinds)
    metrics = None
    if isinstance(said := usual.result(), Unread):
        unread.append(said)
    else:
        own_servers = each_server if provider is None else None
        metrics = await hear_others(said, lists, server_version=server_version, each_server=own_servers)
    releases, broken = read_releases(_stored_records(lists))
    return Snapshot(
        meta=SnapshotMeta(
            cluster=client.cluster,
            uid=await _cluster_uid(client, lists),
            server_version=server_version,
            captured_at=clock.now(),
            seatrial=__version__,
        ),
        resources=tuple(lists),
        unread=tuple(unread),
        metrics=metrics,
        releases=releases,
        broken_releases=broken,
        provider=provider,
    )


def _is_wanted(info: ResourceInfo, kinds: Collection[GroupKind] | None) -> bool:
    if kinds is None or GroupKind(info.gvr.group, info.kind) in kinds:
        return True
    custom = EVERY_CUSTOM_KIND in kinds and not api_catalog().is_builtin(info.gvr.group)
    return custom and not info.gvr.group.endswith("metrics.k8s.io")


async def _read_lists(
    client: ReadClient, wanted: Sequence[ResourceInfo], progress: Progress | None
) -> tuple[list[ResourceList], list[Unread]]:
    lists: dict[int, ResourceList] = {}
    unread: dict[int, Unread] = {}
    slots = asyncio.Semaphore(_AT_ONCE)

    async def read(number: int, info: ResourceInfo) -> None:
        async with slots:
            try:
                items = await client.list_raw(info.gvr)
                lists[number] = ResourceList(info.gvr, info.kind, info.namespaced, tuple(items))
            except (Forbidden, NotFound, PermanentError, TemporaryError, BadFormat) as error:
                unread[number] = Unread(gvr=info.gvr, reason=_reason(error), message=error.what)
        if progress is not None:
            progress(str(info.gvr), len(lists) + len(unread), len(wanted))

    async with asyncio.TaskGroup() as group:
        for number, info in enumerate(wanted):
            group.create_task(read(number, info))
    return [lists[number] for number in sorted(lists)], [unread[number] for number in sorted(unread)]


def _reason(error: Exception) -> UnreadReason:
    if isinstance(error, Forbidden) and not isinstance(error, Unauthorized):  # no role helps an expired token
        return UnreadReason.FORBIDDEN
    if isinstance(error, NotFound):
        return UnreadReason.NOT_SERVED
    return UnreadReason.FAILED


def _unread_groups(discovery: Discovery) -> list[Unread]:
    return [
        Unread(
            gvr=GroupVersionResource(each.group, each.version, "*"),
            reason=UnreadReason.FAILED,
            message=each.why,
        )
        for each in discovery.unread
    ]


def _not_served(
    discovery: Discovery, wanted: Sequence[ResourceInfo], kinds: Collection[GroupKind] | None
) -> list[Unread]:
    """Kinds that not every cluster has, and this one has not: a group that did not answer says nothing."""
    found = {GroupKind(info.gvr.group, info.kind) for info in wanted}
    silent = {each.group for each in discovery.unread}
    return [
        Unread(
            gvr=GroupVersionResource(kind.API.group, kind.API.version, kind.PLURAL),
            reason=UnreadReason.NOT_SERVED,
        )
        for kind in KINDS
        if kind.OPTIONAL and kind.group_kind() not in found and kind.API.group not in silent
        if kinds is None or kind.group_kind() in kinds
    ]


async def _read_metrics(client: ReadClient) -> str | Unread:
    try:
        return await hear_usual(client)
    except (Forbidden, NotFound, PermanentError, TemporaryError) as error:
        return Unread(gvr=_METRICS, reason=_reason(error), message=error.what)


_METRICS = GroupVersionResource("", "", METRICS_PATH)


def _stored_records(lists: Sequence[ResourceList]) -> Iterator[Obj]:
    """Secrets and ConfigMaps that may be Helm's; a look at the bytes spares decoding the others."""
    for listed in lists:
        if listed.group_kind in (GroupKind("", "Secret"), GroupKind("", "ConfigMap")):
            for item in listed.items:
                raw = bytes(item)
                if b"helm.sh/release.v1" in raw or b"sh.helm.release.v1." in raw:
                    yield {"apiVersion": "v1", "kind": listed.kind, **msgspec.json.decode(raw)}


async def _cluster_uid(client: ReadClient, lists: Sequence[ResourceList]) -> str:
    """The UID of kube-system, asked for where the namespaces were not read; empty when that fails, too."""
    namespaces = (each.items for each in lists if each.group_kind == Namespace.group_kind())
    for item in next(namespaces, ()):
        with suppress(BadFormat):
            metadata = decode(AnyObject, item).metadata
            if metadata.name == "kube-system" and metadata.uid:
                return metadata.uid
    try:
        namespace = await client.get(GroupVersionResource("", "v1", "namespaces"), "kube-system")
    except (Forbidden, NotFound, PermanentError, TemporaryError, BadFormat):
        return ""
    return str((namespace.get("metadata") or {}).get("uid", ""))
