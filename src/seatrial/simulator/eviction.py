"""May this pod be evicted now? The pods/eviction subresource's own rules and wording.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/. A budget that has no
room answers 429 without Retry-After; only one whose status lags behind its spec names 10 seconds.
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.budgets import disruption_condition
from seatrial.simulator.controllers.kinds import POD_DISRUPTION_BUDGETS
from seatrial.simulator.controllers.plane import being_deleted, rfc3339
from seatrial.simulator.controllers.pods import condition, is_ready
from seatrial.simulator.matching import labels_match
from seatrial.simulator.status import ApiError

_MOST_DISRUPTED = 2000
_LAGGING_RETRY = 10  # seconds
_VIOLATES = "Cannot evict pod as it would violate the pod's disruption budget."


def admit_eviction(cluster: SimulatedCluster, pod: Obj) -> None:
    """Return when the pod may go, having taken it off its budget; raise `ApiError` when it may not."""
    if _needs_no_budget(pod):
        return
    budgets = budgets_of(cluster, pod)
    if not budgets:
        return
    if len(budgets) > 1:
        raise ApiError(
            500,
            "This pod has more than one PodDisruptionBudget, "
            "which the eviction subresource does not support.",
        )
    budget = budgets[0]
    if not is_ready(pod) and _unhealthy_may_go(budget):
        return
    _take_one(cluster, budget, pod)


def budgets_of(cluster: SimulatedCluster, pod: Obj) -> list[Obj]:
    """The budgets that select the pod. Shared: do not change them."""
    meta = pod["metadata"]
    if not meta.get("labels"):
        return []
    return [
        budget
        for budget in cluster.store.peek_list(POD_DISRUPTION_BUDGETS, meta["namespace"])
        if labels_match(budget["spec"].get("selector"), meta["labels"])
    ]


def _needs_no_budget(pod: Obj) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return phase in ("Succeeded", "Failed", "Pending") or being_deleted(pod)


def _unhealthy_may_go(budget: Obj) -> bool:
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    desired = int(status.get("desiredHealthy") or 0)
    return int(status.get("currentHealthy") or 0) >= desired > 0


def _take_one(cluster: SimulatedCluster, budget: Obj, pod: Obj) -> None:
    """Count the eviction against the budget at once, so that two in a row cannot both pass."""
    meta, status = budget["metadata"], budget.get("status") or {}
    name = meta["name"]
    if int(status.get("observedGeneration") or 0) < int(meta.get("generation") or 0):
        lagging = f"The disruption budget {name} is still being processed by the server."
        raise _too_many(lagging, _LAGGING_RETRY)
    if len(status.get("disruptedPods") or {}) > _MOST_DISRUPTED:
        raise ApiError(
            403,
            f'poddisruptionbudgets.policy "{name}" is forbidden: DisruptedPods map too big - '
            "too many evictions not confirmed by PDB controller",
        )
    allowed = int(status.get("disruptionsAllowed") or 0)
    if allowed <= 0:
        raise _too_many(_why_denied(budget), None)
    now = rfc3339(cluster.clock.now())
    changed = cluster.store.get(POD_DISRUPTION_BUDGETS, meta["namespace"], name)
    if changed is None:
        return
    changed["status"]["disruptionsAllowed"] = allowed - 1
    changed["status"].setdefault("disruptedPods", {})[pod["metadata"]["name"]] = now
    if allowed == 1:
        changed["status"]["conditions"] = disruption_condition(changed, 0, now)
    cluster.store.update(POD_DISRUPTION_BUDGETS, changed)


def _why_denied(budget: Obj) -> str:
    name, status = budget["metadata"]["name"], budget.get("status") or {}
    said = condition(budget, "DisruptionAllowed") or {}
    if said.get("reason") == "SyncFailed" and said.get("message"):
        return (
            f"The disruption budget {name} does not allow evicting pods currently "
            f"because it failed sync: {said['message']}"
        )
    healthy, desired = int(status.get("currentHealthy") or 0), int(status.get("desiredHealthy") or 0)
    if healthy <= desired:
        return f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
    return f"The disruption budget {name} does not allow evicting pods currently"


def _too_many(cause: str, retry_after: int | None) -> ApiError:
    return ApiError(
        429,
        _VIOLATES,
        details={"causes": [{"reason": "DisruptionBudget", "message": cause}]},
        retry_after=retry_after,
    )
