"""Pods that want longer to stop than the provider waits, or no time at all.

**What.** Templates with a terminationGracePeriodSeconds above the provider's limit for one node (15 minutes
on EKS, 30 on AKS, an hour on GKE; the longest of these where the provider is not known), and StatefulSets
with 0. Pods of DaemonSets are left out: a drain does not evict them.

**Why.** Beyond the limit the update fails or the pod is killed in flight. With 0 the pod is removed from the
API before it has stopped: its successor may start beside it and both write to the same volume.

**How to fix.** Shorten the period below the limit and let the software finish sooner, or raise the limit
where the provider has a setting for it. Give StatefulSets at least a few seconds.

**Source.** kubernetes.io/docs/concepts/workloads/controllers/statefulset (0 is unsafe and strongly
discouraged); the providers' limits are in the catalogue's table provider-limits.
"""

from __future__ import annotations

from seatrial.catalog.providers import drain_limits
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.provider_of import drain_limit
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.checks.wording import named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node
from seatrial.cluster.ownership import Owner


@check(
    id="grace-period",
    title="Pods have too long or no time to stop",
    reads=(*READS, Node),
    in_files=True,
)
def grace_period(check: Check, context: Context) -> Found:
    known = drain_limit(context)
    limit = known or drain_limits()[-1]
    patient: dict[tuple[str, Owner | None], list[Template]] = {}
    hasty: dict[tuple[str, Owner | None], list[Template]] = {}
    for each in pod_templates(context):
        kind, seconds = each.kind, each.spec.termination_grace_period_seconds
        if kind != "DaemonSet" and seconds > limit.longest.total_seconds():
            patient.setdefault((each.namespace, each.owner), []).append(each)
        elif kind == "StatefulSet" and seconds == 0:
            hasty.setdefault((each.namespace, each.owner), []).append(each)
    waits = f"{limit.provider.upper()} waits" if known else "any provider waits"
    for (namespace, owner), found in patient.items():
        yield check.finding(
            Severity.WARNING,
            f"{within(namespace)}{named(_with_period(each) for each in found)} may take longer to stop"
            f" than the {limit.minutes} minutes that {waits} for a node; then {limit.then}.",
            objects=[each.ref for each in found],
            owner=owner,
            fix=f"Set terminationGracePeriodSeconds to {limit.minutes * 60} at most"
            + ("." if limit.adjustable == "no" else f", or use {limit.adjustable}."),
            source=limit.source,
        )
    for (namespace, owner), found in hasty.items():
        yield check.finding(
            Severity.WARNING,
            f"{within(namespace)}{named(f'StatefulSet {each.ref.name}' for each in found)} stops its pods"
            " without any grace: a successor may run beside a pod that has not stopped yet.",
            objects=[each.ref for each in found],
            owner=owner,
            fix="Give terminationGracePeriodSeconds a few seconds at least.",
            source="kubernetes.io/docs/concepts/workloads/controllers/statefulset",
        )


def _with_period(template: Template) -> str:
    seconds = template.spec.termination_grace_period_seconds
    return f"{template.kind} {template.ref.name} ({seconds} s)"
