"""Workloads of several replicas that no disruption budget protects.

**What.** Deployments and StatefulSets that run two or more replicas under no PodDisruptionBudget. The
namespaces that Kubernetes and the provider keep to themselves are left out.

**Why.** They were scaled out to survive a lost node, but a drain may evict all their pods at once: when two
stand on one node, or two nodes are drained together.

**How to fix.** Add a PodDisruptionBudget with maxUnavailable 1 (it can never block a healthy workload).

**Source.** kubernetes.io/docs/tasks/run-application/configure-pdb.
"""

from __future__ import annotations

from seatrial.catalog.providers import is_system_namespace
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.coverage import Scalable, scalables
from seatrial.checks.wording import counted, named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Deployment, PodDisruptionBudget, StatefulSet
from seatrial.cluster.ownership import Owner, owner_of


@check(
    id="workload-without-budget",
    title="Replicated workloads have no disruption budget",
    reads=(Deployment, StatefulSet, PodDisruptionBudget),
)
def workload_without_budget(check: Check, context: Context) -> Found:
    budgets: dict[str, list[PodDisruptionBudget]] = {}
    for budget in context.read(PodDisruptionBudget):
        budgets.setdefault(budget.namespace, []).append(budget)
    bare: dict[tuple[str, Owner | None], list[Scalable]] = {}
    for each in scalables(context):
        namespace = each.namespace
        if each.spec.replicas < 2 or is_system_namespace(namespace):
            continue
        if not context.can_see(PodDisruptionBudget, namespace):
            continue  # reported as incomplete
        labels = each.spec.template.metadata.labels
        if not any(budget.selects(namespace, labels) for budget in budgets.get(namespace, ())):
            bare.setdefault((namespace, owner_of(each.metadata)), []).append(each)
    for (namespace, owner), workloads in bare.items():
        yield check.finding(
            Severity.WARNING,
            f"{within(namespace)}{counted(len(workloads), 'replicated workload')} without a disruption"
            f" budget: {named(f'{each.API.kind} {each.name}' for each in workloads)}; a drain may take all"
            " their pods at once.",
            objects=[each.ref for each in workloads],
            owner=owner,
            fix="Add a PodDisruptionBudget with maxUnavailable 1 for each.",
            source="spec.selector of the budgets against the templates",
        )
