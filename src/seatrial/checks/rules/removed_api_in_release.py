"""A deployed Helm release holds an object in a version that the target does not serve.

**What.** The manifest that Helm stored, in a Secret or a ConfigMap, with the revision it would compare the
next upgrade with: the highest *deployed* one, not the latest. Older and failed revisions are not looked at,
nor older ones that Helm by mistake still calls deployed. Hooks of that revision that run when it is
uninstalled or rolled back warn.

**Why.** Helm builds that stored manifest before it upgrades anything. Once the API server no longer
knows one of its kinds, every `helm upgrade` of the release fails with "no matches for kind", whatever
the new chart holds, and the release is stuck until somebody edits Helm's own records.

**How to fix.** Before the upgrade, install a version of the chart that renders the replacement. Where
there is none, the stored record can be rewritten; back it up first.

**Source.** helm.sh/docs/topics/kubernetes_apis; Seatrial's facts (`seatrial facts api`).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import is_gone, source_of, what_happened, what_instead
from seatrial.checks.wording import qualified
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.helm_release import ReleaseRecord
from seatrial.cluster.objects import GroupVersionKind, ObjectRef
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.release_state import deployed


@check(
    id="removed-api-in-release",
    title="A Helm release uses an API that the target does not serve",
    reads=(Section.RELEASES,),
    uses_facts=True,
)
def removed_api_in_release(check: Check, context: Context) -> Found:
    for broken in context.snapshot.broken_releases:
        yield check.incomplete(
            str(broken.ref),
            f"Helm's record cannot be read: {broken.why}.",
            next_step="Look at it with `helm history`; delete the record if Helm cannot read it either.",
        )
    for release in deployed(context.snapshot.releases):
        if release.unreadable:
            yield check.incomplete(
                f"release {qualified(release.namespace, release.name)} revision {release.revision}",
                release.unreadable,
                next_step="Look at it with `helm get manifest`.",
            )
        gone: dict[GroupVersionKind, list[ObjectRef]] = {}
        for ref in release.objects:
            gvk = GroupVersionKind.of(ref.api_version, ref.kind)
            if is_gone(context, gvk):
                gone.setdefault(gvk, []).append(ref)
        for gvk, objects in gone.items():
            yield _blocker(check, context, release, gvk, objects)
        yield from _hooks(check, context, release)


def _blocker(
    check: Check,
    context: Context,
    release: ReleaseRecord,
    gvk: GroupVersionKind,
    objects: list[ObjectRef],
) -> Finding:
    many = f"{len(objects)} objects" if len(objects) > 1 else str(objects[0])
    return check.finding(
        Severity.BLOCKER,
        f"Helm cannot upgrade release {qualified(release.namespace, release.name)} on Kubernetes"
        f" {context.target}: revision {release.revision} (chart {release.chart.name}"
        f" {release.chart.version}) holds {many} as"
        f" {gvk}; {what_happened(context, gvk)}.",
        objects=[
            ref if ref.namespace else ref._replace(namespace=_namespace_of(context, gvk, release))
            for ref in objects
        ],
        evidence=Evidence.WILL_BE_APPLIED_AGAIN,
        owner=Owner(OwnerKind.HELM, release.name, release.namespace),
        fix=f"Upgrade the chart before the cluster. In its templates: {what_instead(context, gvk)}",
        source=source_of(context, context.apis.lifecycle(gvk)),
    )


def _hooks(check: Check, context: Context, release: ReleaseRecord) -> Iterator[Finding]:
    """An upgrade runs the hooks of the new chart; to uninstall or roll back runs the stored ones."""
    for hook in release.hooks:
        gvk = GroupVersionKind.of(hook.api_version, hook.kind)
        events = sorted(event for event in hook.events if event.endswith(("-delete", "-rollback")))
        if not events or not hook.api_version or not is_gone(context, gvk):
            continue
        yield check.finding(
            Severity.WARNING,
            f"Helm cannot uninstall or roll back release {qualified(release.namespace, release.name)} on"
            f" Kubernetes {context.target}: its hook {hook.name} ({', '.join(events)}) is written as {gvk};"
            f" {what_happened(context, gvk)}.",
            title="A hook of a Helm release uses an API that the target does not serve",
            objects=[ObjectRef(hook.api_version, hook.kind, _namespace_of(context, gvk, release), hook.name)],
            evidence=Evidence.WILL_BE_APPLIED_AGAIN,
            owner=Owner(OwnerKind.HELM, release.name, release.namespace),
            fix=f"Upgrade the chart before the cluster. In its templates: {what_instead(context, gvk)}",
            source=source_of(context, context.apis.lifecycle(gvk)),
        )


def _namespace_of(context: Context, gvk: GroupVersionKind, release: ReleaseRecord) -> str:
    entry = context.apis.lifecycle(gvk)
    return release.namespace if entry is not None and entry.namespaced else ""
