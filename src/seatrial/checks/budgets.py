"""How much a disruption budget allows: now, and when everything that it covers runs.

Follows the disruption controller and the eviction handler of the API server. A share, and any
maxUnavailable, is taken of the *scale* of the pods' controllers, so pods of a controller without a
scale (a Job, a DaemonSet, some operators' own kinds) make the controller give up and allow nothing.
A whole minAvailable counts pods. A budget without any rule expects no pods and allows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from seatrial.catalog.operator_budgets import LeavesBy, OperatorBudget
from seatrial.checks.check import Context
from seatrial.checks.coverage import operator_of, with_their_pods
from seatrial.cluster.intstr import is_percent, scaled_up
from seatrial.cluster.models import (
    Deployment,
    Pod,
    PodDisruptionBudget,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)
from seatrial.cluster.snapshot import Snapshot

READS = (PodDisruptionBudget, Pod, ReplicaSet, Deployment, StatefulSet, ReplicationController)
SOURCE = "kubernetes.io/docs/tasks/run-application/configure-pdb; pkg/controller/disruption"
NO_RULE = "no rule at all"
_WITHOUT_SCALE = frozenset({"Job", "DaemonSet", "Node"})


class Allowance(msgspec.Struct, frozen=True):
    """One budget with its pods, and what it allows."""

    budget: PodDisruptionBudget
    pods: tuple[Pod, ...]
    """All that it selects."""
    moving: tuple[Pod, ...]
    """Those that a drain evicts."""
    expected: int
    """How many pods the budget counts on."""
    desired: int
    """How many must stay healthy."""
    at_best: int
    """Evictions allowed once everything runs."""
    now: int
    """Evictions allowed now, or 0."""
    healthy: int
    without_scale: str = ""
    """The kind of controller that leaves the budget without a scale, where it needs one."""

    @property
    def unready(self) -> int:
        return max(0, self.expected - self.healthy)

    @property
    def never_allows(self) -> bool:
        """However healthy its pods are, no drain gets past it."""
        return bool(self.moving) and self.at_best <= 0 and self.now <= 0

    @property
    def blocked_now(self) -> tuple[Pod, ...]:
        """Pods whose eviction it refuses as things stand."""
        if self.now > 0:
            return ()
        return tuple(pod for pod in self.moving if not self._lets_go(pod))

    def _lets_go(self, pod: Pod) -> bool:
        if pod.status.phase == "Pending" or pod.is_terminating:
            return True
        if pod.is_ready:
            return False
        if self.budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow":
            return True
        return self.healthy >= self.desired > 0

    @property
    def rule(self) -> str:
        return rule_of(self.budget)


def held_by_operator(found: Allowance) -> OperatorBudget | None:
    """As `operator_of`; an operator that keeps an ordinary budget, unless told otherwise, is none here."""
    operator = operator_of(found.budget)
    if operator is None or (operator.leaves_by is not LeavesBy.OPERATOR and not found.never_allows):
        return None
    return operator


def rule_of(budget: PodDisruptionBudget) -> str:
    """As the budget writes it: "minAvailable 2"."""
    spec = budget.spec
    if spec.max_unavailable is not None:
        return f"maxUnavailable {spec.max_unavailable}"
    return f"minAvailable {spec.min_available}" if spec.min_available is not None else NO_RULE


def allowances(context: Context) -> tuple[Allowance, ...]:
    """Every budget of the cluster that selects a pod."""
    return context.snapshot.once(_allowances)


def _allowances(snapshot: Snapshot) -> tuple[Allowance, ...]:
    covered = [(budget, pods) for budget, pods in with_their_pods(snapshot) if pods]
    scales = _Scales(snapshot) if covered else None
    return tuple(_allowance(budget, pods, scales) for budget, pods in covered if scales)


def _allowance(budget: PodDisruptionBudget, pods: tuple[Pod, ...], scales: _Scales) -> Allowance:
    status = budget.fresh_status
    scaled = scales.of(pods)
    needs_scale = budget.spec.max_unavailable is not None or is_percent(budget.spec.min_available or 0)
    if needs_scale:
        expected = scaled.total
        if scaled.is_guess and status is not None:
            expected = status.expected_pods
        capacity = expected + scaled.uncounted
    else:
        expected = len(pods) if budget.spec.min_available is not None else 0
        capacity = scaled.total + scaled.uncounted
    desired = desired_of(budget, expected)
    healthy = status.current_healthy if status is not None else _healthy(pods)
    without_scale = scaled.without_scale if needs_scale else ""
    return Allowance(
        budget=budget,
        pods=pods,
        moving=tuple(pod for pod in pods if pod.leaves_when_drained),
        expected=expected,
        desired=desired if status is None else status.desired_healthy,
        at_best=0 if without_scale else _allowed(capacity, desired, expected),
        now=status.disruptions_allowed
        if status is not None
        else (0 if without_scale else _allowed(healthy, desired, expected)),
        healthy=healthy,
        without_scale=without_scale,
    )


def desired_of(budget: PodDisruptionBudget, expected: int) -> int:
    spec = budget.spec
    if spec.max_unavailable is not None:
        return max(0, expected - scaled_up(spec.max_unavailable, expected))
    return scaled_up(spec.min_available, expected) if spec.min_available is not None else 0


_MOST_EXTRA = 50
"""Replicas; a workload that needs more has its budget for another reason."""


def replicas_that_leave_one(budget: PodDisruptionBudget, *, more_than: int, unready: int = 0) -> int | None:
    """The least number of replicas that lets one pod go while `unready` of them are not healthy.

    None where no number does: maxUnavailable grows with the replicas, or does not grow at all.
    """
    least = budget.spec.min_available
    if least is None or budget.spec.max_unavailable is not None:
        return None
    for replicas in range(more_than + 1, more_than + _MOST_EXTRA + 1):
        if replicas - unready > scaled_up(least, replicas):
            return replicas
    return None


def _allowed(healthy: int, desired: int, expected: int) -> int:
    return max(0, healthy - desired) if expected > 0 else 0


def _healthy(pods: Iterable[Pod]) -> int:
    return sum(pod.is_ready and not pod.is_terminating for pod in pods)


class _Scaled(msgspec.Struct, frozen=True):
    """The controllers of some pods, added up."""

    total: int
    """Replicas that they ask for."""
    uncounted: int
    """Running pods without a controller that has a scale."""
    without_scale: str
    is_guess: bool
    """Some controller's scale is not in the snapshot: its pods were counted instead."""


class _Scales:
    """Replica counts by controller."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._replicas: dict[str, int] = {}
        self._parent: dict[str, str] = {}
        scalable: tuple[Deployment | StatefulSet | ReplicationController, ...] = (
            *snapshot.read(Deployment),
            *snapshot.read(StatefulSet),
            *snapshot.read(ReplicationController),
        )
        for each in scalable:
            self._replicas[each.metadata.uid] = each.spec.replicas
        for replica_set in snapshot.read(ReplicaSet):
            uid = replica_set.metadata.uid
            self._replicas[uid] = replica_set.spec.replicas
            owner = replica_set.controller
            if owner is not None and owner.kind == "Deployment":
                self._parent[uid] = owner.uid

    def of(self, pods: Iterable[Pod]) -> _Scaled:
        counted: dict[str, int] = {}
        guessed: dict[str, int] = {}
        uncounted, without_scale = 0, ""
        for pod in pods:
            owner = pod.controller
            if owner is None:
                uncounted += not pod.is_finished
            elif owner.kind in _WITHOUT_SCALE:
                without_scale = without_scale or owner.kind
                uncounted += not pod.is_finished
            else:
                uid = self._parent.get(owner.uid, owner.uid)
                if uid in self._replicas:
                    counted[uid] = self._replicas[uid]
                elif not pod.is_finished:
                    guessed[uid] = guessed.get(uid, 0) + 1
        return _Scaled(_sum(counted) + _sum(guessed), uncounted, without_scale, bool(guessed))


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())
