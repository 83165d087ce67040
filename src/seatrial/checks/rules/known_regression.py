"""The patch of the target that is on offer has a known bug.

**What.** Regressions of the target minor that are mended in a later patch than the newest one that the
provider offers here, or, where no provider says what it offers, those that this cluster's own objects
would notice.

**Why.** Providers lag behind upstream by weeks. The first patches of a minor have bugs that were found,
described and mended; whoever takes one of them takes the bug.

**How to fix.** Ask for the patch that mends it, or wait until the provider offers it.

**Source.** Release notes of Kubernetes, named in the finding; facts gathered on 2026-11-22.
"""

from __future__ import annotations

from seatrial.catalog.regressions import Concerns, Regression, regressions
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.proxy_mode import configurations_with_ipvs
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import ConfigMap, Job, StatefulSet
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.version import Version
from seatrial.errors import BadInput


@check(
    id="known-regression",
    title="The target's patch has a known bug",
    reads=(Section.PROVIDER, StatefulSet, Job, ConfigMap),
    uses_facts=True,
)
def known_regression(check: Check, context: Context) -> Found:
    offered = _newest_offered(context)
    for each in regressions():
        if each.minor != context.target:
            continue
        objects = _concerned(context, each)
        if offered is not None and offered < each.fixed:
            severity, where = Severity.WARNING, f"The newest patch on offer is {offered}."
        elif offered is None and objects:
            severity, where = Severity.INFO, "Make sure that yours is not older."
        else:
            continue
        if each.concerns is not Concerns.ANY and not objects:
            continue
        yield check.finding(
            severity,
            f"Kubernetes {each.minor} before {each.fixed}: {each.what}. {where}",
            objects=objects,
            fix=f"Upgrade to {each.fixed} or later.",
            source=each.source,
        )


def _newest_offered(context: Context) -> Version | None:
    """None where nobody says; upstream offers everything."""
    provider = context.snapshot.provider
    found: list[Version] = []
    for text in provider.available_versions if provider is not None else ():
        try:
            version = Version.parse(text)
        except BadInput:
            continue
        if version.line == context.target and text.count(".") >= 2:
            found.append(version)
    return max(found, default=None)


def _concerned(context: Context, regression: Regression) -> tuple[ObjectRef, ...]:
    match regression.concerns:
        case Concerns.STATEFUL_SETS:
            return tuple(each.ref for each in context.read(StatefulSet) if each.spec.replicas)
        case Concerns.PARALLEL_STATEFUL_SETS:
            return tuple(
                each.ref
                for each in context.read(StatefulSet)
                if each.spec.pod_management_policy == "Parallel" and each.spec.replicas
            )
        case Concerns.SUSPENDED_JOBS:
            return tuple(each.ref for each in context.read(Job) if each.spec.suspend)
        case Concerns.IPVS:
            return tuple(each.ref for each in configurations_with_ipvs(context))
        case Concerns.ANY:
            return ()
