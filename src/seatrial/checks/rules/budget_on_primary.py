"""An operator's budget guards a database's primary.

**What.** Budgets that well-known operators (CloudNativePG, Zalando's Postgres operator, Strimzi, Longhorn,
KubeVirt) keep over a primary, a broker or a volume's engine so that a drain waits for them. They allow no
eviction while all is well. A blocker where nothing moves the pod: a cluster of one instance, Strimzi without
its Drain Cleaner. Only for information where the operator moves it. The operators of Percona and Crunchy and
Elastic Cloud on Kubernetes keep ordinary budgets, which the other checks look at; here they block when they
allow nothing at all.

**Why.** The drain of the node waits for a switchover. If nobody makes it, the drain never ends, and a larger
budget is no way out: the operator puts its own back.

**How to fix.** Run a second instance, and let the operator switch over, or do it by hand before the node's
turn. Most operators can be told to drop the budget for the time of the upgrade.

**Source.** The operators' own documentation; see the catalogue's table operator-budgets.
"""

from __future__ import annotations

from seatrial.catalog.operator_budgets import LeavesBy, OperatorBudget
from seatrial.checks.budgets import READS, Allowance, allowances, held_by_operator
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import named, qualified
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Deployment, Pod
from seatrial.cluster.ownership import owner_of

_CLEANER = "drain-cleaner"


@check(id="budget-on-primary", title="An operator's budget holds up the drain", reads=READS)
def budget_on_primary(check: Check, context: Context) -> Found:
    for found in allowances(context):
        operator = held_by_operator(found)
        if operator is None or not (found.never_allows or found.blocked_now):
            continue
        budget = found.budget
        others = _others(context, operator, found)
        severity, why = _severity(context, operator, found, others)
        yield check.finding(
            severity,
            f"PodDisruptionBudget {qualified(budget.namespace, budget.name)} of {operator.operator} allows"
            f" no eviction of {named(pod.name for pod in found.moving)}: {why}",
            objects=[budget.ref, *(pod.ref for pod in found.moving)],
            owner=owner_of(budget.metadata),
            fix=operator.fix,
            source=operator.source,
        )


def _severity(
    context: Context, operator: OperatorBudget, found: Allowance, others: tuple[Pod, ...]
) -> tuple[Severity, str]:
    match operator.leaves_by:
        case LeavesBy.EVICTION:
            return Severity.BLOCKER, "the operator keeps it so, and moves no pod itself."
        case LeavesBy.DRAIN_CLEANER:
            if _has_drain_cleaner(context):
                return Severity.INFO, "the Drain Cleaner has the operator move them."
            return Severity.BLOCKER, "only the Drain Cleaner would move them, and it is not installed."
        case LeavesBy.OPERATOR:
            if operator.cluster_label and not others:
                return Severity.BLOCKER, "it is the only instance, so there is nothing to switch over to."
            return Severity.INFO, "the operator moves them while their node is drained, which takes a while."


def _others(context: Context, operator: OperatorBudget, found: Allowance) -> tuple[Pod, ...]:
    """Ready pods of the same database that the budget does not guard."""
    label = operator.cluster_label
    clusters = {(pod.namespace, pod.labels.get(label, "")) for pod in found.moving}
    guarded = {(pod.namespace, pod.name) for pod in found.pods}
    return tuple(
        pod
        for pod in context.read(Pod)
        if label in pod.labels and (pod.namespace, pod.labels[label]) in clusters
        if (pod.namespace, pod.name) not in guarded and pod.is_ready
    )


def _has_drain_cleaner(context: Context) -> bool:
    return any(
        _CLEANER in container.image
        for deployment in context.read(Deployment)
        if deployment.spec.replicas
        for container in deployment.spec.template.spec.containers
    )
