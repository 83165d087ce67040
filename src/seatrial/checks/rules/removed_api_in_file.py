"""A file holds an object in a version that the target does not serve.

**What.** Manifests in the given files and folders whose group, version and kind the target's API server
does not serve: removed before it, introduced after it, or never there at all.

**Why.** The objects in the cluster live on, because the server converts what it stored. But the next
time somebody applies the file, the server answers that there is no such kind, and so does every pipeline
that holds it.

**How to fix.** Change the file to the replacement named in the finding before the upgrade, and compare
the fields that differ between the two versions.

**Source.** The Kubernetes deprecation guide; Seatrial's facts (`seatrial facts api`).
"""

from __future__ import annotations

from collections.abc import Callable

from seatrial.catalog import Served
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import is_gone, source_of, what_happened, what_instead
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.manifests import Manifest
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.ownership import Owner, OwnerKind


@check(
    id="removed-api-in-file",
    title="A file uses an API that the target does not serve",
    reads=(Section.MANIFESTS,),
    uses_facts=True,
)
def removed_api_in_file(check: Check, context: Context) -> Found:
    said: dict[GroupVersionKind, _Saying | None] = {}  # files by the thousand are of a few kinds
    for manifest in context.manifests:
        gvk = manifest.gvk
        if gvk not in said:
            said[gvk] = _saying(context, gvk)
        if saying := said[gvk]:
            yield saying(check, context, manifest)


# Clients read it; nobody applies it.
_KUBECONFIG = GroupVersionKind("", "v1", "Config")
_Saying = Callable[[Check, Context, Manifest], Finding]


def _saying(context: Context, gvk: GroupVersionKind) -> _Saying | None:
    if gvk == _KUBECONFIG:
        return None
    if is_gone(context, gvk):
        return _blocker if context.apis.versions_of(gvk.group_kind) else _unheard_of
    return _notice if _will_go(context, gvk) else None


def _unheard_of(check: Check, context: Context, manifest: Manifest) -> Finding:
    """A slip of the pen, or a file of some other tool that looks like ours: no reason to stop an upgrade."""
    return check.finding(
        Severity.WARNING,
        f"{manifest.gvk} is no kind that Kubernetes up to {context.apis.horizon} has ever had.",
        title="A file uses a kind that does not exist",
        objects=[manifest.ref],
        evidence=Evidence.WILL_BE_APPLIED_AGAIN,
        owner=Owner(OwnerKind.FILE, manifest.file),
        fix="Correct apiVersion and kind, if this is meant for a cluster.",
        source=source_of(context, None),
        location=manifest.location,
    )


def _blocker(check: Check, context: Context, manifest: Manifest) -> Finding:
    return check.finding(
        Severity.BLOCKER,
        f"{manifest.ref} cannot be applied to Kubernetes {context.target}:"
        f" {what_happened(context, manifest.gvk)}.",
        objects=[manifest.ref],
        evidence=Evidence.WILL_BE_APPLIED_AGAIN,
        owner=Owner(OwnerKind.FILE, manifest.file),
        fix=what_instead(context, manifest.gvk),
        source=source_of(context, context.apis.lifecycle(manifest.gvk)),
        location=manifest.location,
    )


def _will_go(context: Context, gvk: GroupVersionKind) -> bool:
    entry = context.apis.lifecycle(gvk)
    return (
        entry is not None
        and context.apis.served(gvk, context.target) is Served.YES
        and entry.removed is not None
        and entry.deprecated_in(context.target)
    )


def _notice(check: Check, context: Context, manifest: Manifest) -> Finding:
    entry = context.apis.lifecycle(manifest.gvk)
    assert entry is not None  # noqa: S101  _will_go looked
    planned = "planned to go" if entry.removal_is_planned else "gone"
    instead = f"Change it to {entry.replacement} before that." if entry.replacement else ""
    return check.finding(
        Severity.INFO,
        f"{manifest.ref} applies to Kubernetes {context.target}, but {manifest.gvk} is deprecated since"
        f" {entry.deprecated} and {planned} in {entry.removed}.",
        title="A file uses a deprecated API",
        objects=[manifest.ref],
        evidence=Evidence.WILL_BE_APPLIED_AGAIN,
        owner=Owner(OwnerKind.FILE, manifest.file),
        fix=instead,
        source=source_of(context, entry),
        location=manifest.location,
    )
