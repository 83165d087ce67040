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

from collections import defaultdict
from typing import NamedTuple

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import is_gone, source_of, what_happened, what_instead
from seatrial.checks.wording import named, qualified
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
    releases = deployed(context.snapshot.releases)
    for release in releases:
        if release.unreadable:
            yield check.incomplete(
                f"release {qualified(release.namespace, release.name)} revision {release.revision}",
                release.unreadable,
                next_step="Look at it with `helm get manifest`.",
            )
    stored, hooks = _Held(), _Held()
    for release in releases:
        for ref in release.objects:
            gvk = GroupVersionKind.of(ref.api_version, ref.kind)
            if is_gone(context, gvk):
                namespace = ref.namespace or _namespace_of(context, gvk, release)
                stored[_Cause.of(release, gvk)].append((release, ref._replace(namespace=namespace)))
        for hook in release.hooks:
            gvk = GroupVersionKind.of(hook.api_version, hook.kind)
            events = sorted(event for event in hook.events if event.endswith(("-delete", "-rollback")))
            if events and hook.api_version and is_gone(context, gvk):
                ref = ObjectRef(hook.api_version, hook.kind, _namespace_of(context, gvk, release), hook.name)
                what = f"its hook {hook.name} ({', '.join(events)})"
                hooks[_Cause.of(release, gvk, what)].append((release, ref))
    for cause, found in stored.items():
        yield _blocker(check, context, cause, found)
    for cause, found in hooks.items():
        yield _of_hooks(check, context, cause, found)


class _Cause(NamedTuple):
    """What one new version of a chart mends, in however many releases; without its name, in one release."""

    chart: str
    gvk: GroupVersionKind
    hook: str = ""

    @classmethod
    def of(cls, release: ReleaseRecord, gvk: GroupVersionKind, hook: str = "") -> _Cause:
        named = f"chart {release.chart.name} {release.chart.version}"
        return cls(named if release.chart.name else qualified(release.namespace, release.name), gvk, hook)


class _Held(defaultdict[_Cause, list[tuple[ReleaseRecord, ObjectRef]]]):
    def __init__(self) -> None:
        super().__init__(list)


def _blocker(
    check: Check, context: Context, cause: _Cause, found: list[tuple[ReleaseRecord, ObjectRef]]
) -> Finding:
    releases, objects = _parted(found)
    many = f"{len(objects)} objects" if len(objects) > 1 else str(objects[0]._replace(namespace=""))
    first = releases[0]
    if len(releases) == 1:
        which = f"release {qualified(first.namespace, first.name)}"
        holds = f"revision {first.revision} (chart {first.chart.name} {first.chart.version}) holds"
    else:
        which = f"{len(releases)} releases of {cause.chart} ({_names(releases)})"
        holds = "they hold"
    return check.finding(
        Severity.BLOCKER,
        f"Helm cannot upgrade {which} on Kubernetes {context.target}: {holds} {many} as"
        f" {cause.gvk}; {what_happened(context, cause.gvk)}.",
        objects=objects,
        evidence=Evidence.WILL_BE_APPLIED_AGAIN,
        owners=_owners(releases),
        fix=f"Upgrade the chart before the cluster. In its templates: {what_instead(context, cause.gvk)}",
        source=source_of(context, context.apis.lifecycle(cause.gvk)),
    )


def _of_hooks(
    check: Check, context: Context, cause: _Cause, found: list[tuple[ReleaseRecord, ObjectRef]]
) -> Finding:
    """An upgrade runs the hooks of the new chart; to uninstall or roll back runs the stored ones."""
    releases, objects = _parted(found)
    several = f"{len(releases)} releases of {cause.chart} ({_names(releases)})"
    which = several if len(releases) > 1 else f"release {_names(releases)}"
    return check.finding(
        Severity.WARNING,
        f"Helm cannot uninstall or roll back {which} on Kubernetes {context.target}: {cause.hook} is written"
        f" as {cause.gvk}; {what_happened(context, cause.gvk)}.",
        title="A hook of a Helm release uses an API that the target does not serve",
        objects=objects,
        evidence=Evidence.WILL_BE_APPLIED_AGAIN,
        owners=_owners(releases),
        fix=f"Upgrade the chart before the cluster. In its templates: {what_instead(context, cause.gvk)}",
        source=source_of(context, context.apis.lifecycle(cause.gvk)),
    )


def _parted(found: list[tuple[ReleaseRecord, ObjectRef]]) -> tuple[list[ReleaseRecord], list[ObjectRef]]:
    releases = {(each.namespace, each.name): each for each, _ in found}
    return list(releases.values()), [ref for _, ref in found]


def _names(releases: list[ReleaseRecord]) -> str:
    return named(qualified(each.namespace, each.name) for each in releases)


def _owners(releases: list[ReleaseRecord]) -> list[Owner]:
    return [Owner(OwnerKind.HELM, each.name, each.namespace) for each in releases]


def _namespace_of(context: Context, gvk: GroupVersionKind, release: ReleaseRecord) -> str:
    entry = context.apis.lifecycle(gvk)
    return release.namespace if entry is not None and entry.namespaced else ""
