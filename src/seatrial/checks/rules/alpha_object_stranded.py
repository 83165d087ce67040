"""Objects of an alpha API that the target can no longer read.

**What.** Live objects of built-in kinds that the cluster serves only in versions which the target does
not serve. Where the target has the kind in another version, that blocks; where the kind is gone for good,
and where some version stays but the alpha in which the objects may be stored goes, it warns.

**Why.** The server keeps each object in etcd in the version in which it was last written, and a server
that has dropped an alpha version cannot decode it: reading the kind then fails, for everybody, or the
objects lie in etcd out of reach. Beta and stable versions are converted for years; alpha is not. After
the upgrade there is no API left to export or delete them with. Only clusters that switched alpha APIs on
have such objects.

**How to fix.** Before the upgrade export the objects (`kubectl get KIND -A -o yaml`), delete them, and
create them again in the new version afterwards. Where a version that stays is served today already,
writing each object once in it is enough (`kubectl get KIND -A -o json | kubectl replace -f -`).

**Source.** kubernetes.io/docs/reference/using-api/deprecation-policy (rules 4a, 4b and the storage of
API objects); Seatrial's facts (`seatrial facts api`).
"""

from __future__ import annotations

from seatrial.catalog import ApiLifecycle
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import source_of
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Severity
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.snapshot import ResourceList


@check(
    id="alpha-object-stranded",
    title="Objects are stored in an alpha version that the target cannot read",
    reads=(Section.CLUSTER,),
    uses_facts=True,
)
def alpha_object_stranded(check: Check, context: Context) -> Found:
    current = context.snapshot.meta.minor
    for listed in context.snapshot.resources:
        versions = [each for each in context.apis.versions_of(listed.group_kind) if each.resource]
        served = [each for each in versions if each.exists_in(current)]
        lost = [each for each in served if "alpha" in each.gvk.version and not each.exists_in(context.target)]
        if not lost or not listed.items or context.target > context.apis.horizon:
            continue
        stays = [each for each in served if each.exists_in(context.target)]
        later = [each for each in versions if each.exists_in(context.target)]
        said, fix, severity = _said(lost, stays, later)
        refs = _refs(context, listed)
        yield check.finding(
            severity,
            f"{counted(len(refs), 'object')} of {listed.group_kind} may be stored as {_names(lost)}, which"
            f" {context.target} has dropped: {said}",
            objects=refs,
            fix=fix,
            source=source_of(context, lost[0]),
        )


def _said(
    lost: list[ApiLifecycle], stays: list[ApiLifecycle], later: list[ApiLifecycle]
) -> tuple[str, str, Severity]:
    """What follows, what to do, and how bad that is."""
    export = "Export and delete them before the upgrade"
    if stays:
        return (
            f"an object not written since {_names(stays)} came can no longer be read.",
            f"Before the upgrade write each once in {_names(stays)}: kubectl get {lost[0].resource} -A"
            " -o json | kubectl replace -f -",
            Severity.WARNING,
        )
    if later:
        return (
            f"it reads only {_names(later)}, so listing the kind fails.",
            f"{export}; create them again as {_names(later)} after it.",
            Severity.BLOCKER,
        )
    return "the kind is gone, and they stay in etcd out of reach.", f"{export}.", Severity.WARNING


def _names(entries: list[ApiLifecycle]) -> str:
    return " or ".join(sorted(each.gvk.api_version for each in entries))


def _refs(context: Context, listed: ResourceList) -> list[ObjectRef]:
    return [
        ObjectRef(listed.gvr.api_version, listed.kind, metadata.namespace, metadata.name)
        for metadata in context.snapshot.metadata(listed)
    ]
