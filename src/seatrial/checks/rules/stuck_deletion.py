"""Deletions that do not end.

**What.** Namespaces that have been terminating for more than a quarter of an hour, with what they wait for,
and other objects that were deleted longer ago and whose finalizers, or pods whose node, hold them.

**Why.** A drain waits for a pod that does not go. What cannot be deleted keeps operators, volumes and node
groups from being taken down, and an upgrade rarely makes the missing controller come back.

**How to fix.** Bring back the controller that owns the finalizer; if it is gone for good, see what it would
have cleaned up, do so by hand, and then remove the finalizer.

**Source.** kubernetes.io/docs/concepts/overview/working-with-objects/finalizers; kubernetes issue 83332.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from seatrial.checks.ages import is_older
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.wording import counted, named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.foreign_text import fit_to_show
from seatrial.cluster.models import Namespace
from seatrial.cluster.models.metadata import AnyObject, Condition, Metadata, decode
from seatrial.cluster.objects import ObjectRef

_PATIENCE = timedelta(minutes=15)
_MARK = b'"deletionTimestamp"'


@check(
    id="stuck-deletion",
    title="Something that was deleted does not go",
    reads=(Namespace, Section.CLUSTER),
)
def stuck_deletion(check: Check, context: Context) -> Found:
    stuck = [
        each
        for each in context.read(Namespace)
        if is_older(context, each.metadata.deletion_timestamp, _PATIENCE)
    ]
    held: dict[str, list[tuple[ObjectRef, Metadata]]] = {}
    for ref, metadata in _deleted(context):
        held.setdefault(ref.namespace, []).append((ref, metadata))
    for namespace in stuck:
        inside = held.pop(namespace.name, [])
        asks = [said for each in namespace.status.conditions if (said := _said(context, each))]
        waits = [*(f"{ref.kind} {ref.name}" for ref, _ in inside), *asks]
        yield check.finding(
            Severity.WARNING,
            f"Namespace {namespace.name} was deleted on {namespace.metadata.deletion_timestamp} and is still"
            f" there; it waits for {named(waits) or 'something that it does not name'}.",
            objects=[namespace.ref, *(ref for ref, _ in inside)],
            fix="Bring back the controllers or the APIs that it waits for.",
            source="conditions of the namespace",
        )
    for namespace_name, found in held.items():
        finalizers = named(name for _, metadata in found for name in metadata.finalizers)
        why = f"held by {finalizers}" if finalizers else "their nodes do not say that they stopped"
        yield check.finding(
            Severity.WARNING,
            f"{within(namespace_name)}{counted(len(found), 'object')} cannot be deleted:"
            f" {named(f'{ref.kind} {ref.name}' for ref, _ in found)}; {why}.",
            objects=[ref for ref, _ in found],
            fix="Bring back the controller that owns the finalizers, or clean up by hand and remove them.",
            source="metadata.deletionTimestamp and metadata.finalizers",
        )


def _said(context: Context, condition: Condition) -> str:
    """What keeps the namespace, in its own words."""
    if condition.status != "True":
        return ""
    shown = "" if context.snapshot.meta.portable else fit_to_show(condition.message)  # tokens, there
    return shown or condition.reason


def _deleted(context: Context) -> Iterator[tuple[ObjectRef, Metadata]]:
    """Everything but namespaces that was deleted a while ago; a look at the bytes spares decoding more."""
    for listed in context.snapshot.resources:
        if listed.kind == "Namespace":
            continue
        for item in listed.items:
            if _MARK not in bytes(item):
                continue
            metadata = decode(AnyObject, item).metadata
            if not is_older(context, metadata.deletion_timestamp, _PATIENCE):
                continue
            if metadata.finalizers or listed.kind == "Pod":
                ref = ObjectRef(listed.gvr.api_version, listed.kind, metadata.namespace, metadata.name)
                yield ref, metadata
