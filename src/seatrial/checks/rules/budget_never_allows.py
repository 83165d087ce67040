"""A disruption budget allows no eviction, ever.

**What.** Budgets that allow 0 disruptions even when every pod is healthy: maxUnavailable 0, minAvailable
as large as the workload (a share is rounded up: 90 % of 5 pods is 5), no rule at all, or a rule that the
disruption controller cannot work out because a covered pod has no controller with a scale (a Job, a
custom kind). In files: the budget against the Deployments and StatefulSets beside it that it selects,
where these say how many replicas they run. Budgets that an operator keeps over a database's primary are
looked at by budget-on-primary.

**Why.** Every drain of a node with such a pod hangs, until the provider gives up or forces the pods out.

**How to fix.** Leave room for one pod: one more replica, or a smaller minAvailable. Where pods without a
scale are covered, use a whole minAvailable or take them out of the selector.

**Source.** kubernetes.io/docs/tasks/run-application/configure-pdb (rounding; arbitrary controllers).
"""

from __future__ import annotations

from seatrial.checks.budgets import (
    NO_RULE,
    READS,
    SOURCE,
    Allowance,
    allowances,
    held_by_operator,
    replicas_that_leave_one,
    rule_of,
)
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.coverage import operator_of
from seatrial.checks.one_more_replica import one_more_replica
from seatrial.checks.wording import counted, named, qualified
from seatrial.checks.written_budgets import Written, written_allowances
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.intstr import is_percent
from seatrial.cluster.models import PodDisruptionBudget
from seatrial.cluster.ownership import owner_of


@check(
    id="budget-never-allows",
    title="A disruption budget never allows an eviction",
    reads=READS,
    in_files=True,
)
def budget_never_allows(check: Check, context: Context) -> Found:
    for found in allowances(context):
        if not found.never_allows or held_by_operator(found):
            continue
        budget = found.budget
        owner = owner_of(budget.metadata)
        reverted = (
            f" Change it where it is kept: {owner} reverts changes."
            if owner and owner.reverts_changes
            else ""
        )
        yield check.finding(
            Severity.BLOCKER,
            f"PodDisruptionBudget {qualified(budget.namespace, budget.name)} never allows an eviction:"
            f" {_why(found)}",
            objects=[budget.ref, *(pod.ref for pod in found.moving)],
            owner=owner,
            fix=_fix(found) + reverted,
            source=SOURCE,
            proposals=one_more_replica(context.snapshot, budget, found.unready),
        )
    for written in written_allowances(context):
        if written.expected <= written.desired and not operator_of(written.budget):
            yield _in_writing(check, written)


def _in_writing(check: Check, found: Written) -> Finding:
    budget = found.budget
    names = named(f"{each.API.kind} {each.name}" for each in found.workloads)
    rule = rule_of(budget)
    return check.finding(
        Severity.BLOCKER,
        f"PodDisruptionBudget {qualified(budget.namespace, budget.name)} will never allow an eviction:"
        f" {rule} of {counted(found.expected, 'pod')} ({names}) leaves none to spare.",
        objects=[budget.ref],  # the place to change
        owner=owner_of(budget.metadata),
        fix=_room_for_one(budget, found.expected),
        source=SOURCE,
    )


def _why(found: Allowance) -> str:
    if found.without_scale:
        return (
            f"{found.rule} needs the scale of the pods' controllers, and a covered pod belongs to a"
            f" {found.without_scale}, which has none."
        )
    spec = found.budget.spec
    if spec.max_unavailable is None and spec.min_available is None:
        return "it has neither minAvailable nor maxUnavailable."
    if found.expected == 0:  # maxUnavailable or a share
        return (
            f"{found.rule} counts the replicas of controllers, and no covered pod has one that can be scaled."
        )
    pods = counted(found.expected, "pod")
    if spec.max_unavailable is not None:
        return f"{found.rule} of {pods}."
    rounded = f" (rounded up to {found.desired})" if is_percent(spec.min_available or 0) else ""
    return f"{found.rule}{rounded} of {pods} leaves none to spare."


def _fix(found: Allowance) -> str:
    if found.without_scale:
        return f"Take pods of a {found.without_scale} out of the selector, or use a whole minAvailable."
    if found.expected == 0 and found.rule != NO_RULE:
        return (
            "Put the pods under a controller with replicas, or use a whole minAvailable that leaves one over."
        )
    return _room_for_one(found.budget, found.expected)


def _room_for_one(budget: PodDisruptionBudget, expected: int) -> str:
    enough = replicas_that_leave_one(budget, more_than=expected)
    if enough is None:
        return "Set maxUnavailable to 1."
    more = "one more replica" if enough == expected + 1 else f"{enough} replicas"
    return f"Run {more}, or set maxUnavailable to 1 instead."
