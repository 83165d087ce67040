"""What else says that a removed API is still used, when a metric that names nobody says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from seatrial.catalog import ApiLifecycle
from seatrial.checks.callers import (
    STALE_AFTER,
    age_of,
    as_owner,
    deprecated_apis,
    fresh_clients,
    printable,
    real_calls,
)
from seatrial.checks.check import Context
from seatrial.cluster.objects import GroupVersionKind, GroupVersionResource
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.release_state import deployed

# An API server counts from its start, which nobody tells us: a log explains its metric when it covers
# a day, in which informers renew their watches, and ends near the time of the metric.
_LONG_ENOUGH = timedelta(days=1)
_RECENT = timedelta(days=7)


def witnesses(
    context: Context, gvr: GroupVersionResource, entry: ApiLifecycle | None
) -> Iterator[tuple[str, Owner]]:
    """Each in a clause, and who it points to, the strongest first."""
    for call in real_calls(context, gvr):
        age = age_of(call.last, context.now)
        if age is not None and age > STALE_AFTER:
            continue
        client = as_owner(call.user, call.user_agent)
        yield f"the audit log names {client.name}, last on {call.last[:10] or 'an unknown day'}", client
    for insight in deprecated_apis(context):
        for each in fresh_clients(context, insight) if insight.gvr == gvr else ():
            client = as_owner("", each.user_agent)
            yield (
                f"the provider saw {client.name}, last on {each.last_request[:10] or 'an unknown day'}",
                client,
            )
    if entry is not None:
        yield from _applied_again(context, entry.gvk)


def _applied_again(context: Context, gvk: GroupVersionKind) -> Iterator[tuple[str, Owner]]:
    for release in deployed(context.snapshot.releases):
        if any(GroupVersionKind.of(ref.api_version, ref.kind) == gvk for ref in release.objects):
            owner = Owner(OwnerKind.HELM, release.name, release.namespace)
            yield f"the deployed {owner} holds it", owner
    for manifest in context.manifests:
        if manifest.gvk == gvk:
            yield f"{manifest.location} holds it", Owner(OwnerKind.FILE, manifest.file)


def only_bystanders(context: Context, gvr: GroupVersionResource) -> bool:
    """Whether an audit log of the time holds calls of it, and none by a client that would be hurt."""
    log = context.audit
    if log is None or log.problems or not any(call.gvr == gvr for call in log.calls):
        return False
    first, last = age_of(log.first, context.now), age_of(log.last, context.now)
    if first is None or last is None or first - last < _LONG_ENOUGH or last > _RECENT:
        return False
    return not any(real_calls(context, gvr))


def remembered_writers(context: Context, entry: ApiLifecycle | None) -> tuple[str, ...]:
    """Field managers that once wrote such objects in this version: a hint where to look, no evidence."""
    if entry is None:
        return ()
    found = {
        printable(writer.manager)
        for listed in context.snapshot.lists_of(entry.gvk.group_kind)
        for metadata in context.snapshot.metadata(listed)
        for writer in metadata.managed_fields
        if writer.api_version == entry.gvk.api_version and writer.manager
    }
    return tuple(sorted(found))
