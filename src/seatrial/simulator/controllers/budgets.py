"""Pod disruption budgets: how many pods each one allows to be evicted now.

What counts as expected depends on the spec: a count in minAvailable looks at the pods there are, the
other forms at the scale of the pods' controllers (and fail safe, allowing nothing, where one has none).
Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seatrial.cluster.intstr import is_percent, scaled_up
from seatrial.cluster.objects import Obj
from seatrial.errors import SeatrialError
from seatrial.simulator.controllers.kinds import (
    DEPLOYMENTS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    STATEFUL_SETS,
)
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted, controller_of
from seatrial.simulator.controllers.pods import is_ready, with_condition
from seatrial.simulator.controllers.replicasets import replicas_of
from seatrial.simulator.matching import labels_match
from seatrial.simulator.store import ResourceKey

_CONFIRMED_WITHIN = 120.0  # seconds that an evicted pod has to start terminating


class NoScale(SeatrialError):
    """A matched pod's controller has no scale, so the budget cannot be computed."""


class DisruptionBudgets:
    watches: Sequence[ResourceKey] = (
        POD_DISRUPTION_BUDGETS,
        PODS,
        DEPLOYMENTS,
        REPLICA_SETS,
        STATEFUL_SETS,
    )

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == POD_DISRUPTION_BUDGETS:
            return () if change.deleted else ((meta["namespace"], meta["name"]),)
        namespace = meta["namespace"]
        budgets = self._plane.store.peek_list(POD_DISRUPTION_BUDGETS, namespace)
        if not budgets:
            return ()
        if change.key == PODS:
            if change.before is not None and not change.deleted and _same(change.obj, change.before):
                return ()
            labels: list[Any] = [pod["metadata"].get("labels") for pod in change.states]
        elif change.before is not None and replicas_of(change.before) == replicas_of(change.obj):
            return ()
        else:
            labels = [(change.obj["spec"]["template"].get("metadata") or {}).get("labels")]
        return [
            (namespace, budget["metadata"]["name"])
            for budget in budgets
            if any(labels_match(budget["spec"].get("selector"), found) for found in labels)
        ]

    def reconcile(self, namespace: str, name: str) -> float | None:
        budget = self._plane.store.peek(POD_DISRUPTION_BUDGETS, namespace, name)
        if budget is None:
            return None
        pods = budget_pods(self._plane, budget)
        try:
            expected, desired = self._expected_and_desired(budget, pods)
        except SeatrialError as failure:
            self._fail_safe(budget, failure.what)
            return None
        disrupted, recheck = self._still_disrupted(budget, pods)
        healthy = sum(
            is_ready(pod) and not being_deleted(pod) and pod["metadata"]["name"] not in disrupted
            for pod in pods
        )
        allowed = max(0, healthy - desired) if expected > 0 else 0
        status = {
            "observedGeneration": budget["metadata"].get("generation"),
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "disruptionsAllowed": allowed,
            "expectedPods": expected,
            "disruptedPods": disrupted or None,
            "conditions": disruption_condition(budget, allowed, self._plane.now()),
        }
        self._plane.write_status(POD_DISRUPTION_BUDGETS, budget, status)
        return recheck

    def _expected_and_desired(self, budget: Obj, pods: Sequence[Obj]) -> tuple[int, int]:
        spec = budget["spec"]
        most = spec.get("maxUnavailable")
        if most is not None:
            expected = self._scale_of(pods)
            return expected, max(0, expected - scaled_up(most, expected))
        least = spec.get("minAvailable")
        if least is None:
            return len(pods), 0
        if is_percent(least):
            expected = self._scale_of(pods)
            return expected, scaled_up(least, expected)
        return len(pods), int(least)

    def _scale_of(self, pods: Sequence[Obj]) -> int:
        """The sum of the replicas that the pods' controllers want; pods without one do not count."""
        scales: dict[str, int] = {}
        for pod in pods:
            reference = controller_of(pod)
            if reference is not None and reference["uid"] not in scales:
                uid, replicas = self._scale(pod, reference)
                scales[reference["uid"]] = 0 if uid in scales and uid != reference["uid"] else replicas
                scales.setdefault(uid, 0)
        return sum(scales.values())

    def _scale(self, pod: Obj, reference: Mapping[str, Any]) -> tuple[str, int]:
        """The uid and the replicas of what scales the pod: for a Deployment's pod the Deployment."""
        record = self._plane.store.by_uid(reference["uid"])
        if record is None:
            raise NoScale(f"found no controllers for pod {pod['metadata']['name']!r}")
        owner = self._plane.store.shared(record)
        if record.key == REPLICA_SETS:
            above = self._plane.owner_record(owner)
            if above is not None and above.key == DEPLOYMENTS:
                return above.uid, replicas_of(self._plane.store.shared(above))
        elif record.key not in (STATEFUL_SETS, REPLICATION_CONTROLLERS):
            replicas = (owner.get("spec") or {}).get("replicas")
            if record.key.group in ("apps", "batch", "") or not isinstance(replicas, int):
                raise NoScale(f"{record.key} does not implement the scale subresource")
            return record.uid, replicas
        return record.uid, replicas_of(owner)

    def _still_disrupted(self, budget: Obj, pods: Sequence[Obj]) -> tuple[dict[str, str], float | None]:
        """Evictions that were allowed and whose pods do not terminate yet; seconds to look again."""
        known = (budget.get("status") or {}).get("disruptedPods") or {}
        alive = {pod["metadata"]["name"] for pod in pods if not being_deleted(pod)}
        kept = {
            name: since
            for name, since in known.items()
            if name in alive and self._plane.age(since) < _CONFIRMED_WITHIN
        }
        waits = [_CONFIRMED_WITHIN - self._plane.age(since) for since in kept.values()]
        return kept, max(0.0, min(waits)) + 1.0 if waits else None

    def _fail_safe(self, budget: Obj, why: str) -> None:
        status = dict(budget.get("status") or {})
        status["disruptionsAllowed"] = 0
        status["conditions"] = with_condition(
            list(status.get("conditions") or ()),
            "DisruptionAllowed",
            "False",
            self._plane.now(),
            "SyncFailed",
            why,
            observedGeneration=status.get("observedGeneration") or 0,
        )
        self._plane.write_status(POD_DISRUPTION_BUDGETS, budget, status)


def disruption_condition(budget: Obj, allowed: int, now: str) -> list[dict[str, Any]]:
    return with_condition(
        list((budget.get("status") or {}).get("conditions") or ()),
        "DisruptionAllowed",
        "True" if allowed > 0 else "False",
        now,
        "SufficientPods" if allowed > 0 else "InsufficientPods",
        observedGeneration=budget["metadata"].get("generation"),
    )


def budget_pods(plane: Plane, budget: Obj) -> list[Obj]:
    """The pods that the budget selects. Shared: do not change them."""
    selector = budget["spec"].get("selector")
    return [
        plane.store.shared(record)
        for record in plane.store.records(PODS, budget["metadata"]["namespace"])
        if labels_match(selector, record.labels)
    ]


def _same(pod: Obj, before: Obj) -> bool:
    return (
        is_ready(pod) == is_ready(before)
        and being_deleted(pod) == being_deleted(before)
        and pod["metadata"].get("labels") == before["metadata"].get("labels")
        and controller_of(pod) == controller_of(before)
    )
