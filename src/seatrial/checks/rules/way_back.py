"""What would close the way back to the minor that the cluster came from.

**What.** Before an upgrade: manifests in the given files that only the target serves, and, where the provider
can take a control plane back, for how long. Afterwards, when the target is the minor that runs or the one
before it: live objects and deployed Helm releases in API versions that the minor before does not serve.
A snapshot cannot tell when the cluster was upgraded, nor which kinds it was not asked to read.

**Why.** A control plane that is taken back keeps etcd as it is. Objects of a kind that the older server does
not know become unreachable, and a release that holds a newer version can no longer be upgraded or rolled
back. The window is short, and using a new API is how it closes without anybody noticing.

**How to fix.** Freeze the use of what is new in the target until the window is over: hold such manifests and
charts back. To go back after all, export and delete what the finding names first.

**Source.** docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html; GKE API, RollbackSafeUpgrade; both
read 2026-11-22; Seatrial's facts (`seatrial facts api`).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog import ApiLifecycle, Served
from seatrial.catalog.rollback import way_back
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.wording import counted, qualified
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.objects import GroupVersionKind, ObjectRef
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.release_state import deployed
from seatrial.cluster.version import Minor


@check(
    id="way-back",
    title="The way back to the minor before is closed",
    reads=(Section.CLUSTER, Section.RELEASES, Section.PROVIDER),
    uses_facts=True,
)
def way_back_open(check: Check, context: Context) -> Found:
    current, target = context.snapshot.meta.minor, context.target
    if target > current:
        yield from _files_ahead(check, context)
        yield from _window(check, context)
        return
    back_to = target if target < current else current.plus(-1)
    # a finding about something that nobody may have in mind is no warning
    severity = Severity.WARNING if target < current else Severity.INFO
    yield from _stranded(check, context, back_to, severity)
    yield from _releases(check, context, back_to, severity)


def _files_ahead(check: Check, context: Context) -> Iterator[Finding]:
    current = context.snapshot.meta.minor
    for manifest in context.manifests:
        entry = context.apis.lifecycle(manifest.gvk)
        if entry is None or not _is_new(entry, current) or not entry.exists_in(context.target):
            continue
        yield check.finding(
            Severity.WARNING,
            f"{manifest.ref} is written as {manifest.gvk}, which {current} does not serve: it cannot be"
            " applied before the upgrade, and once it is applied after it, the way back is closed.",
            title="A file uses what only the target serves",
            objects=[manifest.ref],
            evidence=Evidence.WILL_BE_APPLIED_AGAIN,
            owner=Owner(OwnerKind.FILE, manifest.file),
            fix="Hold it back until you are sure that the upgrade stays.",
            source=f"API lifecycle facts of {context.apis.gathered}",
            location=manifest.location,
        )


def _window(check: Check, context: Context) -> Iterator[Finding]:
    provider = context.snapshot.provider
    fact = way_back(provider.kind) if provider is not None else None
    if fact is None:
        return
    current = context.snapshot.meta.minor
    fresh = sorted(
        str(entry.gvk)
        for entry in context.apis.kinds(context.target)
        if entry.resource and entry.on_by_default and _is_new(entry, current)
    )
    new = f" New in {context.target}, and better not used until then: {', '.join(fresh)}." if fresh else ""
    yield check.finding(
        Severity.INFO,
        f"On {fact.provider} {fact.how}; {fact.keeps}.{new}",
        title="There is a way back, for a while",
        fix="Upgrade nodes and add-ons only when you are sure, and note the day.",
        source=fact.source,
    )


def _stranded(check: Check, context: Context, back_to: Minor, severity: Severity) -> Iterator[Finding]:
    for listed in context.snapshot.resources:
        versions = [each for each in context.apis.versions_of(listed.group_kind) if each.resource]
        if not versions or not listed.items or any(each.exists_in(back_to) for each in versions):
            continue
        if min(each.introduced for each in versions) <= back_to:
            continue  # it is older than that, and gone again
        refs = [
            ObjectRef(listed.gvr.api_version, listed.kind, metadata.namespace, metadata.name)
            for metadata in context.snapshot.metadata(listed)
        ]
        yield check.finding(
            severity,
            f"{counted(len(refs), f'{listed.group_kind} object')} of a kind that {back_to} does not have: out"
            " of reach on the way back.",
            objects=refs,
            fix="Export and delete them before going back.",
            source=f"API lifecycle facts of {context.apis.gathered}",
        )


def _releases(check: Check, context: Context, back_to: Minor, severity: Severity) -> Iterator[Finding]:
    for release in deployed(context.snapshot.releases):
        ahead: dict[GroupVersionKind, list[ObjectRef]] = {}
        for ref in release.objects:
            gvk = GroupVersionKind.of(ref.api_version, ref.kind)
            entry = context.apis.lifecycle(gvk)
            served_now = context.apis.served(gvk, context.snapshot.meta.minor) is Served.YES
            if entry is not None and _is_new(entry, back_to) and served_now:
                ahead.setdefault(gvk, []).append(ref)
        for gvk, refs in ahead.items():
            yield check.finding(
                severity,
                f"Helm release {qualified(release.namespace, release.name)} holds"
                f" {counted(len(refs), 'object')} as {gvk}, which {back_to} does not serve: after a way back"
                " Helm could not touch it.",
                objects=refs,
                evidence=Evidence.WILL_BE_APPLIED_AGAIN,
                owner=Owner(OwnerKind.HELM, release.name, release.namespace),
                fix="Roll the release back before the control plane.",
                source=f"API lifecycle facts of {context.apis.gathered}",
            )


def _is_new(entry: ApiLifecycle, since: Minor) -> bool:
    return entry.introduced > since
