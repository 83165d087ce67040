"""The change that gets a drain past most budgets: as many replicas as leave one to spare, for a time.

Checks propose it with the finding; a plan carries it out where a person permitted the check's fixes, and
`seatrial fix` where one approved it.
"""

from __future__ import annotations

from seatrial.checks.budgets import replicas_that_leave_one
from seatrial.checks.wording import qualified
from seatrial.cluster.models import Deployment, PodDisruptionBudget, StatefulSet
from seatrial.cluster.proposal import Proposal
from seatrial.cluster.snapshot import Snapshot


def one_more_replica(
    snapshot: Snapshot, budget: PodDisruptionBudget, unready: int = 0
) -> tuple[Proposal, ...]:
    """Nothing where no count helps (maxUnavailable 0, 100%) or no single workload is covered.

    `unready` pods of the budget are expected to stay so.
    """
    nearby = snapshot.once(_by_namespace).get(budget.namespace, ())
    workloads = [each for each in nearby if _covers(budget, each)]
    if len(workloads) != 1:
        return ()
    workload = workloads[0]
    before = workload.spec.replicas
    after = replicas_that_leave_one(budget, more_than=before, unready=unready)
    if not before or after is None:
        return ()
    kind = workload.API.kind.lower()
    proposal = Proposal(
        title=f"Scale {kind} {qualified(workload.namespace, workload.name)} from {before} to {after}"
        f" so that budget {budget.name} lets its pods move",
        target=workload.ref,
        resource=workload.PLURAL,
        patch={"spec": {"replicas": after}},
        undo={"spec": {"replicas": before}},
        expects={"spec": {"replicas": before}},
        safe=True,
        temporary=True,
    )
    return (proposal,)


def _by_namespace(snapshot: Snapshot) -> dict[str, list[Deployment | StatefulSet]]:
    found: dict[str, list[Deployment | StatefulSet]] = {}
    deployments, stateful_sets = snapshot.read(Deployment), snapshot.read(StatefulSet)
    workloads: tuple[Deployment | StatefulSet, ...] = (*deployments, *stateful_sets)
    for each in workloads:
        found.setdefault(each.namespace, []).append(each)
    return found


def _covers(budget: PodDisruptionBudget, workload: Deployment | StatefulSet) -> bool:
    return budget.selects(workload.namespace, workload.spec.template.metadata.labels)
