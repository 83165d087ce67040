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

from seatrial.catalog import Served
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import is_gone, source_of, what_happened, what_instead
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.manifests import Manifest
from seatrial.cluster.ownership import Owner, OwnerKind


@check(
    id="removed-api-in-file",
    title="A file uses an API that the target does not serve",
    reads=(Section.MANIFESTS,),
    uses_facts=True,
)
def removed_api_in_file(check: Check, context: Context) -> Found:
    for manifest in context.manifests:
        if is_gone(context, manifest.gvk):
            yield _blocker(check, context, manifest)
        elif _will_go(context, manifest):
            yield _notice(check, context, manifest)


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


def _will_go(context: Context, manifest: Manifest) -> bool:
    entry = context.apis.lifecycle(manifest.gvk)
    return (
        entry is not None
        and context.apis.served(manifest.gvk, context.target) is Served.YES
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
