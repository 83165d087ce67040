"""The change that gets a drain past most budgets: one replica more than the budget wants, for a time.

Checks propose it with the finding; a plan carries it out where a person permitted the check's fixes, and
`seatrial fix` where one approved it.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.wording import qualified
from seatrial.cluster.models import Deployment, PodDisruptionBudget, StatefulSet
from seatrial.cluster.proposal import Proposal
from seatrial.cluster.snapshot import Snapshot

_MOST_EXTRA = 50  # replicas; a workload this large has its budget for another reason


def one_more_replica(snapshot: Snapshot, budget: PodDisruptionBudget) -> tuple[Proposal, ...]:
    """Nothing where no count helps (maxUnavailable 0, a share) or no single workload is covered."""
    workloads = [each for each in _scalable(snapshot) if _covers(budget, each)]
    least = budget.spec.min_available
    if len(workloads) != 1 or not isinstance(least, int):
        return ()
    workload = workloads[0]
    before = workload.spec.replicas
    after = max(before, least) + 1
    if not before or after - before > _MOST_EXTRA:
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


def _scalable(snapshot: Snapshot) -> Iterator[Deployment | StatefulSet]:
    yield from snapshot.read(Deployment)
    yield from snapshot.read(StatefulSet)


def _covers(budget: PodDisruptionBudget, workload: Deployment | StatefulSet) -> bool:
    return budget.selects(workload.namespace, workload.spec.template.metadata.labels)
