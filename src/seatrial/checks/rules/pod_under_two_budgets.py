"""Two disruption budgets select the same pods.

**What.** Pods that would have to move, and workloads, that more than one PodDisruptionBudget of their
namespace selects.

**Why.** The eviction of such a pod is answered with error 500, whatever the budgets allow: no drain gets past
it. kubectl and the providers try again until they give up.

**How to fix.** Take one of the budgets away, or narrow its selector.

**Source.** kubernetes.io/docs/concepts/scheduling-eviction/api-eviction (500: several budgets); kubernetes
pkg/registry/core/pod/storage/eviction.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.coverage import with_their_pods, workloads_under
from seatrial.checks.wording import named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Deployment, Pod, PodDisruptionBudget, StatefulSet
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import owner_of


@check(
    id="pod-under-two-budgets",
    title="Two disruption budgets cover the same pods",
    reads=(PodDisruptionBudget, Pod, Deployment, StatefulSet),
    in_files=True,
)
def pod_under_two_budgets(check: Check, context: Context) -> Found:
    over: dict[ObjectRef, list[PodDisruptionBudget]] = {}
    for budget, pods in with_their_pods(context.snapshot):
        for ref in _evicted(pods):
            over.setdefault(ref, []).append(budget)
        for workload in workloads_under(context, budget):
            over.setdefault(workload.ref, []).append(budget)
    groups: dict[tuple[ObjectRef, ...], list[ObjectRef]] = {}
    budgets = {each.ref: each for found in over.values() for each in found}
    for ref, found in over.items():
        if len(found) > 1:
            groups.setdefault(tuple(sorted(each.ref for each in found)), []).append(ref)
    for both, covered in groups.items():
        owners = [owner_of(budgets[ref].metadata) for ref in both]
        yield check.finding(
            Severity.BLOCKER,
            f"{within(both[0].namespace)}the budgets {named(ref.name for ref in both)} select the same:"
            f" {named(f'{ref.kind} {ref.name}' for ref in covered)}; an eviction is answered with an error.",
            objects=[*both, *covered],
            owner=next((each for each in owners if each), None),
            fix="Take one of the budgets away, or narrow its selector.",
            source="the eviction API refuses pods under several budgets",
        )


def _evicted(pods: Iterable[Pod]) -> list[ObjectRef]:
    """Pods of which the API server looks at the budgets at all."""
    return [
        pod.ref
        for pod in pods
        if pod.leaves_when_drained and pod.status.phase != "Pending" and not pod.is_terminating
    ]
