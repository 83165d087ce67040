"""A disruption budget holds on to pods that crash.

**What.** Budgets that do not set unhealthyPodEvictionPolicy to AlwaysAllow and cover running pods that crash
or cannot fetch their image. Where such a budget allows nothing now, budget-blocks-now says so too.

**Why.** By default a pod that is not ready counts as disrupted already, and is evicted only while enough
others are healthy: crashing pods, which nobody would miss, hold up the drain.

**How to fix.** Set unhealthyPodEvictionPolicy to AlwaysAllow; healthy pods stay as protected as before.

**Source.** kubernetes.io/docs/tasks/run-application/configure-pdb (unhealthy pod eviction policy; KEP-3017,
stable in 1.31).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.coverage import with_their_pods
from seatrial.checks.failing import reason_of_failure
from seatrial.checks.wording import named, qualified
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Pod, PodDisruptionBudget
from seatrial.cluster.ownership import Owner, owner_of
from seatrial.cluster.proposal import Proposal

_ALWAYS = "AlwaysAllow"
_FIELD = "unhealthyPodEvictionPolicy"


@check(
    id="budget-keeps-crashing-pods",
    title="A disruption budget holds on to crashing pods",
    reads=(PodDisruptionBudget, Pod),
)
def budget_keeps_crashing_pods(check: Check, context: Context) -> Found:
    for budget, pods in with_their_pods(context.snapshot):
        if budget.spec.unhealthy_pod_eviction_policy == _ALWAYS:
            continue
        crashing = [pod for pod in pods if _is_held(pod)]
        if not crashing:
            continue
        owner = owner_of(budget.metadata)
        yield check.finding(
            Severity.WARNING,
            f"PodDisruptionBudget {qualified(budget.namespace, budget.name)} leaves {_FIELD} at"
            f" {budget.spec.unhealthy_pod_eviction_policy or 'IfHealthyBudget'}, and"
            f" {named(f'{pod.name} ({reason_of_failure(pod)})' for pod in crashing)} of its {len(pods)} pods"
            " cannot run.",
            objects=[budget.ref, *(pod.ref for pod in crashing)],
            owner=owner,
            fix=f"Set {_FIELD} to {_ALWAYS} in the budget.",
            source="KEP-3017",
            proposals=[] if budget.metadata.owner_references else _proposals(budget, owner),
        )


def _is_held(pod: Pod) -> bool:
    gone_already = pod.is_terminating or pod.status.phase == "Pending"
    return pod.leaves_when_drained and not gone_already and not pod.is_ready and bool(reason_of_failure(pod))


def _proposals(budget: PodDisruptionBudget, owner: Owner | None) -> list[Proposal]:
    if owner is not None and owner.reverts_changes:
        return []
    before = budget.spec.unhealthy_pod_eviction_policy or None
    return [
        Proposal(
            title=f"Let unready pods under PodDisruptionBudget {qualified(budget.namespace, budget.name)}"
            " be evicted",
            target=budget.ref,
            resource=budget.PLURAL,
            patch={"spec": {_FIELD: _ALWAYS}},
            undo={"spec": {_FIELD: before}},
            expects={"spec": {_FIELD: before}},
            safe=True,
        )
    ]
