"""A disruption budget that selects nothing.

**What.** Budgets whose selector matches no pod and no workload of their namespace. Budgets that an operator
owns are left out: some select pods only during a change.

**Why.** It protects nothing. Often a label was renamed, and the workload that was meant is drained without
any regard.

**How to fix.** Correct the selector, or delete the budget.

**Source.** kubernetes.io/docs/tasks/run-application/configure-pdb (selectors).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.coverage import operator_of, with_their_pods
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.checks.wording import named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import PodDisruptionBudget
from seatrial.cluster.ownership import Owner, owner_of


@check(
    id="budget-without-pods",
    title="A disruption budget selects nothing",
    reads=(PodDisruptionBudget, *READS),
)
def budget_without_pods(check: Check, context: Context) -> Found:
    workloads: dict[str, list[Template]] = {}
    for template in pod_templates(context):
        workloads.setdefault(template.namespace, []).append(template)
    idle: dict[tuple[str, Owner | None], list[PodDisruptionBudget]] = {}
    for budget, pods in with_their_pods(context.snapshot):
        if pods or budget.metadata.owner_references or operator_of(budget):
            continue
        if not all(context.can_see(kind, budget.namespace) for kind in READS):
            continue  # reported as incomplete
        templates = workloads.get(budget.namespace, ())
        if not any(budget.selects(each.namespace, each.metadata.labels) for each in templates):
            idle.setdefault((budget.namespace, owner_of(budget.metadata)), []).append(budget)
    for (namespace, owner), budgets in idle.items():
        yield check.finding(
            Severity.INFO,
            f"{within(namespace)}{named(each.name for each in budgets)} select"
            f"{'s' if len(budgets) == 1 else ''} no pod and no workload, so nothing is protected.",
            objects=[each.ref for each in budgets],
            owner=owner,
            fix="Correct the selector, or delete the budget.",
            source="spec.selector of the budgets against pods and templates",
        )
