"""A disruption budget allows no eviction at the moment.

**What.** Budgets that allow 0 disruptions as things stand, although they would allow some once all their
pods are healthy. Pods that an eviction may take all the same are left out: pending, finished or
terminating ones, and unready ones where unhealthyPodEvictionPolicy or enough healthy pods let them go. While
a rollout is in progress it only warns: pods made within the last ten minutes that nothing says fail will make
up for what lacks.

**Why.** A drain waits for the budget. The provider gives up after a while (15 minutes on EKS, 30 on AKS)
and leaves the upgrade half done, or forces the pods out after an hour (GKE).

**How to fix.** Get the unready pods ready, or scale the workload up for the time of the upgrade.

**Source.** kubernetes.io/docs/tasks/run-application/configure-pdb.
"""

from __future__ import annotations

from seatrial.checks.budgets import READS, SOURCE, Allowance, allowances, held_by_operator
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.failing import is_starting
from seatrial.checks.one_more_replica import one_more_replica
from seatrial.checks.wording import counted, qualified
from seatrial.cluster.findings import Severity
from seatrial.cluster.ownership import owner_of


@check(id="budget-blocks-now", title="A disruption budget allows no eviction now", reads=READS)
def budget_blocks_now(check: Check, context: Context) -> Found:
    for found in allowances(context):
        if found.never_allows or not found.blocked_now or held_by_operator(found):
            continue  # what never allows is a check of its own, and so are operators' budgets
        budget = found.budget
        starting = sum(is_starting(context, pod) for pod in found.pods)
        soon = starting > 0 and found.healthy + starting > found.desired
        yield check.finding(
            Severity.WARNING if soon else Severity.BLOCKER,
            f"PodDisruptionBudget {qualified(budget.namespace, budget.name)} ({found.rule}) allows no"
            f" eviction now: {found.healthy} of {found.expected} pods are healthy and {found.desired} must"
            " stay."
            f" {_waiting(found)}" + (f" {counted(starting, 'pod')} just started." if soon else ""),
            objects=[budget.ref, *(pod.ref for pod in found.blocked_now)],
            owner=owner_of(budget.metadata),
            fix="Wait until the rollout is done."
            if soon
            else "Get its unready pods ready, or scale the workload up for the time of the upgrade.",
            source=SOURCE,
            proposals=() if soon else one_more_replica(context.snapshot, budget, found.unready),
        )


def _waiting(found: Allowance) -> str:
    return f"{counted(len(found.blocked_now), 'pod')} would hold up the drain."
